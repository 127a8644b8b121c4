"""arXiv's categories: their codes, names, aliases, and what somebody probably meant.

Source: arxiv.org/category_taxonomy and arXiv/arxiv-base (taxonomy definitions).
"""

from __future__ import annotations

from difflib import SequenceMatcher, get_close_matches

from bot.errors import UserError

# One line a category, as the taxonomy page lists them.
_TAXONOMY = """
cs.AI Artificial Intelligence
cs.AR Hardware Architecture
cs.CC Computational Complexity
cs.CE Computational Engineering, Finance, and Science
cs.CG Computational Geometry
cs.CL Computation and Language
cs.CR Cryptography and Security
cs.CV Computer Vision and Pattern Recognition
cs.CY Computers and Society
cs.DB Databases
cs.DC Distributed, Parallel, and Cluster Computing
cs.DL Digital Libraries
cs.DM Discrete Mathematics
cs.DS Data Structures and Algorithms
cs.ET Emerging Technologies
cs.FL Formal Languages and Automata Theory
cs.GL General Literature
cs.GR Graphics
cs.GT Computer Science and Game Theory
cs.HC Human-Computer Interaction
cs.IR Information Retrieval
cs.IT Information Theory
cs.LG Machine Learning
cs.LO Logic in Computer Science
cs.MA Multiagent Systems
cs.MM Multimedia
cs.MS Mathematical Software
cs.NA Numerical Analysis
cs.NE Neural and Evolutionary Computing
cs.NI Networking and Internet Architecture
cs.OH Other Computer Science
cs.OS Operating Systems
cs.PF Performance
cs.PL Programming Languages
cs.RO Robotics
cs.SC Symbolic Computation
cs.SD Sound
cs.SE Software Engineering
cs.SI Social and Information Networks
cs.SY Systems and Control
econ.EM Econometrics
econ.GN General Economics
econ.TH Theoretical Economics
eess.AS Audio and Speech Processing
eess.IV Image and Video Processing
eess.SP Signal Processing
eess.SY Systems and Control
math.AC Commutative Algebra
math.AG Algebraic Geometry
math.AP Analysis of PDEs
math.AT Algebraic Topology
math.CA Classical Analysis and ODEs
math.CO Combinatorics
math.CT Category Theory
math.CV Complex Variables
math.DG Differential Geometry
math.DS Dynamical Systems
math.FA Functional Analysis
math.GM General Mathematics
math.GN General Topology
math.GR Group Theory
math.GT Geometric Topology
math.HO History and Overview
math.IT Information Theory
math.KT K-Theory and Homology
math.LO Logic
math.MG Metric Geometry
math.MP Mathematical Physics
math.NA Numerical Analysis
math.NT Number Theory
math.OA Operator Algebras
math.OC Optimization and Control
math.PR Probability
math.QA Quantum Algebra
math.RA Rings and Algebras
math.RT Representation Theory
math.SG Symplectic Geometry
math.SP Spectral Theory
math.ST Statistics Theory
astro-ph.CO Cosmology and Nongalactic Astrophysics
astro-ph.EP Earth and Planetary Astrophysics
astro-ph.GA Astrophysics of Galaxies
astro-ph.HE High Energy Astrophysical Phenomena
astro-ph.IM Instrumentation and Methods for Astrophysics
astro-ph.SR Solar and Stellar Astrophysics
cond-mat.dis-nn Disordered Systems and Neural Networks
cond-mat.mes-hall Mesoscale and Nanoscale Physics
cond-mat.mtrl-sci Materials Science
cond-mat.other Other Condensed Matter
cond-mat.quant-gas Quantum Gases
cond-mat.soft Soft Condensed Matter
cond-mat.stat-mech Statistical Mechanics
cond-mat.str-el Strongly Correlated Electrons
cond-mat.supr-con Superconductivity
gr-qc General Relativity and Quantum Cosmology
hep-ex High Energy Physics - Experiment
hep-lat High Energy Physics - Lattice
hep-ph High Energy Physics - Phenomenology
hep-th High Energy Physics - Theory
math-ph Mathematical Physics
nlin.AO Adaptation and Self-Organizing Systems
nlin.CD Chaotic Dynamics
nlin.CG Cellular Automata and Lattice Gases
nlin.PS Pattern Formation and Solitons
nlin.SI Exactly Solvable and Integrable Systems
nucl-ex Nuclear Experiment
nucl-th Nuclear Theory
physics.acc-ph Accelerator Physics
physics.ao-ph Atmospheric and Oceanic Physics
physics.app-ph Applied Physics
physics.atm-clus Atomic and Molecular Clusters
physics.atom-ph Atomic Physics
physics.bio-ph Biological Physics
physics.chem-ph Chemical Physics
physics.class-ph Classical Physics
physics.comp-ph Computational Physics
physics.data-an Data Analysis, Statistics and Probability
physics.ed-ph Physics Education
physics.flu-dyn Fluid Dynamics
physics.gen-ph General Physics
physics.geo-ph Geophysics
physics.hist-ph History and Philosophy of Physics
physics.ins-det Instrumentation and Detectors
physics.med-ph Medical Physics
physics.optics Optics
physics.plasm-ph Plasma Physics
physics.pop-ph Popular Physics
physics.soc-ph Physics and Society
physics.space-ph Space Physics
quant-ph Quantum Physics
q-bio.BM Biomolecules
q-bio.CB Cell Behavior
q-bio.GN Genomics
q-bio.MN Molecular Networks
q-bio.NC Neurons and Cognition
q-bio.OT Other Quantitative Biology
q-bio.PE Populations and Evolution
q-bio.QM Quantitative Methods
q-bio.SC Subcellular Processes
q-bio.TO Tissues and Organs
q-fin.CP Computational Finance
q-fin.EC Economics
q-fin.GN General Finance
q-fin.MF Mathematical Finance
q-fin.PM Portfolio Management
q-fin.PR Pricing of Securities
q-fin.RM Risk Management
q-fin.ST Statistical Finance
q-fin.TR Trading and Market Microstructure
stat.AP Applications
stat.CO Computation
stat.ME Methodology
stat.ML Machine Learning
stat.OT Other Statistics
stat.TH Statistics Theory
"""

_ARCHIVES = """
astro-ph Astrophysics
cond-mat Condensed Matter
cs Computer Science
econ Economics
eess Electrical Engineering and Systems Science
math Mathematics
nlin Nonlinear Sciences
physics Physics
q-bio Quantitative Biology
q-fin Quantitative Finance
stat Statistics
"""


def _table(lines: str) -> dict[str, str]:
    rows = (line.partition(" ") for line in lines.strip().splitlines())
    return {code: name for code, _, name in rows}


CATEGORIES: dict[str, str] = _table(_TAXONOMY)
"""Code -> name of everything a paper can be filed under, in the taxonomy's order."""

ARCHIVES: dict[str, str] = _table(_ARCHIVES)
"""Code -> name of the whole archives; a feed may be asked for one: `cs` is all of cs.*."""

ALIASES: dict[str, str] = {
    "cs.NA": "math.NA",
    "cs.SY": "eess.SY",
    "math.IT": "cs.IT",
    "math.MP": "math-ph",
    "math.ST": "stat.TH",
    "q-fin.EC": "econ.GN",
}
"""Two codes of one category -> the code under which arXiv files it; papers list both."""

_NICKNAMES = {"cs.CL": ("nlp",), "cs.LG": ("dl", "ml"), "cs.CV": ("vision",)}
_BUSIEST = frozenset(("cs.LG", "cs.CV", "cs.AI", "cs.CL", "cs.RO", "stat.ML", "math.AP"))
_LONG_SUBJECTS = frozenset(("cond-mat", "physics"))  # dis-nn, flu-dyn: the others have two letters
_LIKE_ENOUGH = 0.5

_CANONICAL = {code.casefold(): code for code in (*CATEGORIES, *ARCHIVES)}


def is_category(code: str) -> bool:
    """Whether `code` is a category, or a whole archive, in arXiv's own spelling."""
    return code in CATEGORIES or code in ARCHIVES


def name_of(code: str) -> str:
    """The English name of a category or archive; its code where the name is not known."""
    return CATEGORIES.get(code) or ARCHIVES.get(code) or code


def same_as(code: str) -> frozenset[str]:
    """`code` with the other codes of the same category: cs.NA and math.NA are one."""
    filed = ALIASES.get(code, code)
    return frozenset({code, filed, *(alias for alias, of in ALIASES.items() if of == filed)})


def check_category(code: str) -> str:
    """The canonical spelling of a category: cs.cl is cs.CL. Whole archives (`cs`) are allowed.

    Raises UserError, with a suggestion where one is near.
    """
    typed = code.strip()
    known = _CANONICAL.get(typed.casefold())
    if known:
        return known
    shown = typed[:40] or "nothing"
    meant = _meant(typed)
    if meant:
        raise UserError(f"“{shown}” is no arXiv category: did you mean {meant}?")
    raise UserError(
        f"“{shown}” is no arXiv category: write one like cs.CL, or a whole archive like cs. "
        "All are listed at https://arxiv.org/category_taxonomy."
    )


def suggest(text: str, limit: int = 25) -> tuple[str, ...]:
    """Codes that fit what was typed so far, by code first and then by name; best first.

    Nothing typed gives the first of the list. A hint for autocompletion: validate what comes back.
    """
    typed = text.strip().casefold()
    every = {**CATEGORIES, **ARCHIVES}
    by_code = [code for code in every if code.casefold().startswith(typed)]
    words = typed.split()
    by_name = [
        code
        for code, name in every.items()
        if words and all(_begins_a_word(word, name) for word in words)
    ]
    inside = [code for code in every if len(typed) > 1 and typed in code.casefold()]
    by_name.sort(key=lambda code: not every[code].casefold().startswith(typed))
    by_code.sort(key=lambda code: code.casefold() != typed)
    return tuple(dict.fromkeys((*by_code, *by_name, *inside)))[:limit]


def _begins_a_word(start: str, name: str) -> bool:
    return any(word.startswith(start) for word in name.casefold().replace("-", " ").split())


def _meant(typed: str) -> str | None:
    """The category somebody most likely meant; None when nothing is near."""
    folded = typed.casefold()
    named = next((code for code, name in CATEGORIES.items() if name.casefold() == folded), None)
    if named:
        return named
    archive, _, subject = folded.replace("_", ".").replace("/", ".").rpartition(".")
    if (archive or "cs") in ARCHIVES and (near := _sibling(archive or "cs", subject)):
        return near
    squeezed = {code.replace(".", "").replace("-", ""): code for code in _CANONICAL}
    bare = "".join(character for character in folded if character.isalnum())
    close = get_close_matches(bare, squeezed, n=1, cutoff=0.75)
    return _CANONICAL[squeezed[close[0]]] if close else None


def _sibling(archive: str, subject: str) -> str | None:
    """The category of `archive` whose subject or initials come nearest to `subject`."""
    siblings = [code for code in CATEGORIES if code.startswith(f"{archive}.")]
    for code in siblings:
        initials = "".join(word[0] for word in CATEGORIES[code].casefold().split())
        if subject in (initials, code.partition(".")[2].casefold(), *_NICKNAMES.get(code, ())):
            return code
    if len(subject) != len(siblings[0].partition(".")[2]) and archive not in _LONG_SUBJECTS:
        return None
    ranked = sorted(siblings, key=lambda code: code not in _BUSIEST)  # a tie goes to these
    close = max(ranked, key=lambda code: _likeness(subject, code))
    return close if _likeness(subject, close) >= _LIKE_ENOUGH else None


def _likeness(subject: str, code: str) -> float:
    return SequenceMatcher(None, subject, code.partition(".")[2].casefold()).ratio()
