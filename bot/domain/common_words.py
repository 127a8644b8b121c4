"""How common words are in papers on arXiv, for a store that has seen none yet.

Counted over 51,000 papers of August 2025 to June 2026 (mostly computer science), folded as in
folding.py: the percentage of papers that hold a word in title or abstract, in coarse steps. Pairs
of words are written with _ between them.
"""

from __future__ import annotations

_BY_PERCENTAGE = {
    1: """
attack_success caused_by closed_form closed_loop code_will computer_vision federated_learning
finding_highlight flow_matching gpt_4o graph_neural have_emerged high_frequency high_stake
integrated_into intelligence_ai llama_3 long_range object_detection p_0 point_cloud
privacy_preserving project_page qwen2_5 relationship_between remain_unclear
remain_underexplored safety_critical
""",
    1.5: """
ablation_study anomaly_detection autonomous_driving base_model challenging_due
computational_overhead distribution_shift downstream_task f1_score few_shot finding_suggest
fine_tune followed_by future_research generation_rag gpt_5 have_achieved high_resolution
limiting_their low_rank multi_lingual multi_turn open_ended percentage_point post_hoc
ranging_from resource_constrained result_indicate self_supervised should_be
software_engineering superior_performance wide_range without_requiring
""",
    2: """
11 13 14 16 2d account accurately active adaptively adopt aggregate aggregation analyzing
applying approximately approximation area arise associated augmentation augmented_generation
automatic bench black black_box camera characterize clear cloud coarse coding coherence
collaborative combination community comprising computing conducted contrastive contribute
correction corresponding costly covering criterion cross_modal curated d decoder defense define
deliver denoising density detecting dominant editing effort emerging established establishing
exact explanation expose failure_mode faster fewer filtering fine_tuned finite flexible focused
follow following formal formalize formulate frozen fundamentally general_purpose generator
github_io gpu growing handle has_become has_emerged have_demonstrated have_shown here
high_dimensional hypothesis identification if iii imaging implement incorporating induce
informed infrastructure inherently injection insufficient intensive intent interpretation judge
kernel labeled latent_space learning_rl linguistic literature llama localization log logic
long_horizon long_term made magnitude main manipulation mask mathematical meaningful mismatch
missing mitigating mixture mllm model_mllm motivated motivated_by numerical o off_between
offline operating operational optimizing own paired part partial patient performing
policy_optimization post_training prevent previously probabilistic procedure production program
projection promise quantitative question_answering rag ranking reason recall recent_advance
recovery regularization released reliably reliance remaining reproducible resolve
result_suggest revealing robotic routing runtime s safe scoring service seven
significantly_outperform solve solving spectral speed speedup stream strict strongest student
sub suggesting supervised_fine synthesize tailored teacher technical technology there threshold
time_sery tracking transform transformation tree trust underexplored unique unit usage
verifiable vs web weighted will_be window year
""",
    3: """
000 100 12 15 20 30 50 ablation act activation addition additionally advanced advantage
agnostic allowing alone along annotated answering architectural argue artifact artificial
artificial_intelligence attribute automatically autoregressive balance behavioral being
benchmarking binary block box build calibration call capable capturing causal cause centric
channel characteristic classical classifier co cognitive coherent collapse combined
communication compact compare complete compression computational_cost computationally computer
concern conditional conduct confidence confirm construction contain contextual contrast corpus
correctness correlation create decoding decompose decomposition defined degrade deployed derive
description detail detect deterministic developed device difficulty digital discovery discrete
distance distillation distributed document drift driving edge efficiently emerged_as
empirically encode encoding energy enforce enhanced ensuring entropy event every evolution
evolving examine expensive experience exploit explore extraction f1 facilitate fast formulation
forward frequency frequently frontier functional gaussian goal ground_truth grounding
hallucination hard hardware has_been have_been head help heuristic hidden high_fidelity
highlighting i_e identifying identity implicit importance important include induced influence
initial inspired inter interactive interface intermediate interpretability intervention
intrinsic introduced introducing joint k known larger length limiting major management manual
mapping matrix measurement medical methodology model_vlm monitoring motion n nature negative
next node noisy notably observe observed operator optimized oriented overcome p parallel
particular pass persistent perturbation phase physic pixel play position positive power
powerful previous primary principle probability producing prompting prove publicly_available
purpose quantify r rank rapid ratio raw re reach recently recognition recover reduced refine
reflect regression release relying remarkable represent representative required residual
respectively retrieval_augmented review rich rigorous run scalability scheme science scientific
select semantically sensitivity separate sequential serve_as sery severe shape should showing
similar simultaneously so social some statistical stochastic stronger subset success_rate
supporting t targeted testing textbf textual therefore those thought threat thus top trace
training_free transition treat truth tuned turn two_stage unseen upon utilize validated
variable variance varying vlm vulnerability were wherea whose wide widely_used yielding
""",
    4: """
9 access achieved across_diverse across_multiple adapt additional advance adversarial after aim
align allow alternative although analyze annotation applied apply assess assessment assumption
backbone base because before benefit bottleneck bound boundary bridge budget built candidate
cannot capacity category central chain choice clinical closed combining common comparable
comparison complementary computation compute concept conditioned configuration
consistently_outperform contribution conventional convergence correct coverage crucial cue
decision_making deep_learning degradation demand demonstrated dense depend dependency dependent
depth derived diagnostic difference difficult diffusion_model dimension direct direction
diversity do_not doe doe_not dual dynamically early either emerged encoder engineering
enhancing ensure especially estimate example exploration extend external extract factor family
feedback few final flow foundation_model frame fusion generalize generating geometry given gpt
ground group guarantee guidance guide hierarchical horizon hybrid ii impact implementation
incorporate increase increasing independent indicate individual inherent instance instead
instruction integrated integrating integration intelligence internal interpretable investigate
iterative jointly latency less limit loop lower maintain match matching mean measure minimal
modality mode modern moreover must natural_language near offering online open_source operate
operation optimize original outcome outperforming pair perception perspective physical planning
platform pose practice pre_training precise precision predict predictive preference primarily
principled privacy progress project public publicly random realistic reduction reference
refinement regime related relationship report requirement resolution rl rule security
segmentation sensitive serve several short shown similarity six software spanning specialized
stability style supervision surface synthesis systematically theoretical theory thereby
together uncertainty underlying unlike utility validation variant variation vector verification
was way what widely will wise zero_shot
""",
    6: """
10 3d 6 7 8 ability about accurate adaptation agentic aligned among answer any attack augmented
automated autonomous average become been best better bias building change class combine
competitive complexity comprehensive constrained construct content continuous controlled core
demonstrating despite develop development dimensional distinct do downstream e_g effect employ
essential establish estimation evaluated evaluating execution experimental_result expert
explicitly face fidelity field finally find fine_grained five fixed focus form fully
fundamental future geometric gradient grained grounded heterogeneous higher highlight highly
improved insight label largely latent lead leading learned leveraging linear machine_learning
maintaining make many map mitigate neural_network noise number object observation off optimal
order out overall overhead particularly path post pre_trained preserve processing promising
property protocol providing query range reconstruction reducing region relative relevant
reliability requiring response resulting reward role safety sampling scaling scene search
second selection sequence shared shift shot simple simulation size sparse stable static still
struggle substantial substantially success suffer suffer_from suggest superior supervised
synthetic systematic technique term trade trade_off traditional train transfer type update
validate various video view vision_language weight while_maintaining workflow zero
""",
    8: """
achieving action adaptive against algorithm at_http available_at beyond case challenging
classification component condition consistency consistent constraint control deep deployment
designed diffusion directly effectively effectiveness embedding empirical end enhance even
evidence exhibit experimental explicit fail failure fine_tuning foundation four free full
function furthermore g gain general generalization generated generative global graph guided i
improving increasingly integrate issue lack large_scale layer learn leverage lightweight like
local loss machine making may memory metric module multi_modal natural need neural no objective
offer other pattern per perform point policy potential preserving produce prompt question rate
reinforcement reinforcement_learning reliable resource retrieval risk robustness same sample
scalable self set small solution spatial specifically stage structural target temporal test
them trajectory transformer typically understanding unified user value well whether yield
""",
    12: """
0 4 5 ai alignment application attention available behavior can_be capability capture com
compared complex computational consistently cost cross current decision detection different
distribution diverse driven due during e effective efficiency enabling environment error
extensive_experiment finding generate github github_com how http http_github identify
improvement including input interaction key knowledge limitation limited long low modal
modeling most new non one open optimization output paradigm parameter pipeline practical pre
prediction prior proposed rather rather_than real_world recent reduce rely require research
reveal robust scenario score signal significant significantly source space standard step strong
structure structured support text then token tool toward tuning up used vision visual within
""",
    16: """
3 agent all also architecture art aware code context critical design domain dynamic each
efficient enable evaluate extensive feature fine further gap has have human image inference
information its mechanism model_llm multiple network not novel outperform problem process
quality reasoning representation scale semantic setting single specific strategy they three
trained use when without world yet
""",
    25: """
1 2 accuracy achieve address analysis baseline be between both but challenge dataset evaluation
first generation high however improve it large_language level llm more often only over paper
present provide real remain state study such system than their through time two under using via
where work
""",
    35: """
approach at benchmark can data demonstrate existing experiment into introduce language
language_model large learning method multi or performance result show task training which
""",
    50: """
across an are based framework from our propose these while
""",
    70: """
as by is model this with
""",
    90: """
a and for in of on that the to we
""",
}

COMMON_WORDS: dict[str, float] = {
    word.replace("_", " "): percentage / 100
    for percentage, words in _BY_PERCENTAGE.items()
    for word in words.split()
}
"""Folded word, or pair of them -> the share of papers that hold it. The others are rarer."""
