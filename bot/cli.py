"""The command line. Exit codes: 0 done, 1 failed, 2 usage or configuration."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from bot import app, demo, process, setup
from bot.command_text import parse_words
from bot.config import Settings, load_settings
from bot.config_environment import ENV_FILE, environment, variables_in
from bot.config_table import settings_table
from bot.domain.commands import Command
from bot.domain.interests import Formula
from bot.domain.verbs import VERBS, Verb, help_text
from bot.errors import PermanentError, TransientError, UserError

_FAILED, _USAGE = 1, 2
_FORMATS: Final = ("text", "json", "markdown", "rss")

_config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="The config.json to use instead of the one here or in PAPERCOURIER_HOME.",
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process; `arguments` are the shell's where None."""
    try:
        papercourier(arguments, standalone_mode=False)
    except UserError as error:
        _end(str(error), _USAGE)
    except (TransientError, PermanentError) as error:
        _end(str(error), _FAILED)
    except click.ClickException as error:
        error.show()
        sys.exit(_USAGE)
    except (click.Abort, KeyboardInterrupt):
        _end("Stopped.", _FAILED)
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_FAILED)


def _end(sentence: str, code: int) -> None:
    click.echo(sentence, err=True)
    sys.exit(code)


def _settings(config_path: Path | None) -> Settings:
    settings = load_settings(config_path, environment(os.environ))
    for notice in settings.notices:
        click.echo(f"Note: {notice}", err=True)
    logging.basicConfig(level=logging.CRITICAL)  # errors are told as sentences here
    return settings


@click.group(context_settings={"help_option_names": ["--help", "-h"]})
@click.version_option(package_name="papercourier")
def papercourier() -> None:
    """Each day's arXiv papers that matter, brought to a channel."""


@papercourier.command("demo")
def _demo() -> None:
    """The whole journey on an invented sample day, without keys or network."""
    asyncio.run(demo.run(os.environ))


@papercourier.command("digest")
@click.option("--feed", "feeds", multiple=True, help="A feed's file or address; may be repeated.")
@click.argument("more_feeds", nargs=-1, metavar="[FEED]...")
@_config_option
@click.option(
    "--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="The announcement day, YYYY-MM-DD."
)
@click.option(
    "--formula",
    type=click.Choice([each.value for each in Formula]),
    help="Instead of the configured one.",
)
@click.option("--format", "shape", type=click.Choice(_FORMATS), default="text")
def _digest(
    *,
    feeds: tuple[str, ...],
    more_feeds: tuple[str, ...],
    config_path: Path | None,
    on: datetime | None,
    formula: str | None,
    shape: str,
) -> None:
    """Make one digest without memory: of the feeds named here, or of arXiv's today."""
    digest, interests = asyncio.run(
        app.digest_once(
            _settings(config_path),
            (*feeds, *more_feeds),
            on=on.date() if on else None,
            formula=Formula(formula) if formula else None,
        )
    )
    if shape == "text":
        app.print_digest(digest, interests)
    else:
        click.echo(app.publish_text(digest, interests, shape=shape).rstrip("\n"))


@papercourier.command("publish")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--feed", "feeds", multiple=True, help="A feed's file or address; may be repeated.")
@_config_option
@click.option(
    "--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="The announcement day, YYYY-MM-DD."
)
@click.option("--url", help="Where DIR will be found; before web.public_url of config.json.")
def _publish(
    *,
    folder: Path,
    feeds: tuple[str, ...],
    config_path: Path | None,
    on: datetime | None,
    url: str | None,
) -> None:
    """Write README.md, feeds and pages into DIR, for any host of static pages.

    Of the feeds or the day named here, or of what the database remembers and arXiv announces
    today. Days published before stay.
    """
    done = asyncio.run(
        app.publish(
            _settings(config_path),
            folder,
            feeds,
            on=on.date() if on else None,
            url=url.rstrip("/") if url else None,
        )
    )
    if done.trouble:
        click.echo(f"Note: published without a look at arXiv today. {done.trouble}", err=True)
    click.echo(
        f"Published {len(done.publication.days)} days in {folder}: "
        f"{done.written.changed} files written, {done.written.unchanged} unchanged."
    )


@papercourier.command("migrate")
@_config_option
def _migrate(config_path: Path | None) -> None:
    """Bring the database to this version; every start does so by itself."""
    asyncio.run(_migrated(_settings(config_path)))
    click.echo("The database is up to date.")


async def _migrated(settings: Settings) -> None:
    async with app.open_app(settings):
        pass  # opening migrates


@papercourier.command("run")
@_config_option
def _run(config_path: Path | None) -> None:
    """Run the service until it is told to stop: SIGTERM, or Ctrl-C."""
    asyncio.run(process.run(load_settings(config_path, environment(os.environ))))


def _said(question: setup.Question) -> click.Option:
    """`--its-name`; secrets may stand in the environment, out of the shell's history."""
    return click.Option(
        [f"--{question.name}"], help=f"{question.text}.", envvar=question.variable or None
    )


def _set_up(folder: Path, *, force: bool, interactive: bool, **said: str | None) -> None:
    answers = {name.replace("_", "-"): value for name, value in said.items()}
    keeps = setup.keeps_settings(answers, folder, force=force)
    if keeps:
        click.echo(f"{folder / setup.CONFIG_FILE} stays as it is; --force writes it anew.")
    wishes = setup.ask(answers, interactive=interactive, keeps_settings=keeps)
    for path in setup.write(wishes, folder, force=force):
        click.echo(f"Wrote {path}.")
    click.echo(app.next_steps(variables_in(folder / ENV_FILE)))


papercourier.add_command(
    click.Command(
        "setup",
        callback=_set_up,
        help="Ask for what is needed and write config.json and .env; what is there stays.",
        params=[
            *map(_said, setup.QUESTIONS),
            click.Option(
                ["--dir", "folder"],
                type=click.Path(path_type=Path, file_okay=False),
                default=Path(),
                help="Where to write; here where not said.",
            ),
            click.Option(
                ["--force"], is_flag=True, help="Write both files anew where they are there."
            ),
            click.Option(
                ["--interactive/--no-interactive"],
                default=sys.stdin.isatty,
                help="Ask for what was not said, or take the defaults; asks at a terminal.",
            ),
        ],
    )
)


@papercourier.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@_config_option
def _doctor(*, as_json: bool, config_path: Path | None) -> None:
    """Look at everything the bot needs and say what to mend; ends with 1 when something is."""
    checkup = asyncio.run(app.examine(load_settings(config_path, environment(os.environ))))
    click.echo(app.report(checkup, as_json=as_json))
    if not checkup.is_well:
        sys.exit(_FAILED)


@papercourier.command("backup")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite FILE if it is there.")
@_config_option
def _backup(target: Path, *, force: bool, config_path: Path | None) -> None:
    """Copy the database to FILE, also while the service runs.

    To restore: stop the service and put the file where the database was.
    """
    size = app.back_up(_settings(config_path), target, force=force)
    click.echo(f"Backed up to {target} ({size / 1e6:.1f} MB).")


@papercourier.command("erase")
@click.argument("place")
@click.option("--user", "user_id", help="Only what is known of this person there.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_config_option
def _erase(place: str, *, user_id: str | None, yes: bool, config_path: Path | None) -> None:
    """Forget a workspace (slack:T0123), one of its channels (slack:T0123:C0456) or a person.

    For good: subscriptions, digests, thumbs, tokens of the workspace. Papers and their summaries
    belong to nobody and stay.
    """
    settings = _settings(config_path)
    app.check_place(place, user_id=user_id)
    whom = f"{user_id} in {place}" if user_id else place
    if not yes:
        click.confirm(f"Forget everything about {whom}?", abort=True, err=True)
    rows = asyncio.run(app.erase(settings, place, user_id=user_id))
    click.echo(f"Forgotten: {rows} rows about {whom}." if rows else f"Nothing is known of {whom}.")


@papercourier.command("slack-manifest")
@click.option(
    "--http",
    "http_url",
    metavar="URL",
    help="For HTTP at this public https:// address instead of Socket Mode.",
)
@_config_option
def _slack_manifest(http_url: str | None, config_path: Path | None) -> None:
    """The manifest to paste at api.slack.com/apps, “Create New App”, “From a manifest”."""
    command_name = _settings(config_path).command_name
    click.echo(app.slack_manifest(command_name=command_name, http_url=http_url))


@papercourier.group("config")
def _config() -> None:
    """Check config.json, or show what can be set."""


@_config.command("check")
@_config_option
def _config_check(config_path: Path | None) -> None:
    """Read the configuration and name every fault in it."""
    settings = _settings(config_path)
    click.echo(f"{settings.source or 'The built-in configuration'} is right.")


@_config.command("table")
def _config_table() -> None:
    """Every setting with its default, as a Markdown table."""
    click.echo(settings_table())


# --- the verbs that chat understands too ---------------------------------------------------


async def _ask(
    settings: Settings, command: Command, *, channel: str, to_file: str | None, to: str | None
) -> None:
    async with app.open_app(settings) as bot:
        await bot.terminal.ask(command, channel=channel, to_file=to_file, to=to)


def _verb_command(verb: Verb) -> click.Command:
    """`papercourier VERB ...`: what chat calls `/arxiv VERB ...`."""

    def run(
        words: tuple[str, ...],
        config_path: Path | None,
        channel: str,
        to_file: str | None,
        to: str | None,
    ) -> None:
        if to_file is not None and to is not None:
            raise UserError("Say --to-file or --to: a digest goes to one place.")
        command = parse_words((verb.name, *_document(verb, words)))
        asyncio.run(_ask(_settings(config_path), command, channel=channel, to_file=to_file, to=to))

    return click.Command(
        verb.name,
        callback=run,
        params=[
            click.Argument(["words"], nargs=-1, type=click.UNPROCESSED, metavar="[WORD]..."),
            click.Option(["--config", "config_path"], type=click.Path(path_type=Path)),
            click.Option(
                ["--channel"], default="terminal", help="Keep several lists of subscriptions apart."
            ),
            click.Option(
                ["--to-file"],
                metavar="NAME",
                help="Instead of this terminal: digests go to digests/NAME.txt in "
                "PAPERCOURIER_HOME.",
            ),
            click.Option(
                ["--to"],
                type=click.Choice(app.WEBHOOKS),
                help="Instead of this terminal: digests go to SLACK_WEBHOOK_URL or "
                "DISCORD_WEBHOOK_URL.",
            ),
        ],
        help=help_text(verb.name, prefix=app.COMMAND).replace("`", ""),
        short_help=verb.purpose,
        # "-survey" is an exclusion, not an option.
        context_settings={"ignore_unknown_options": True},
    )


def _document(verb: Verb, words: tuple[str, ...]) -> tuple[str, ...]:
    """What `import` gets: the content of the file named, or of standard input for "-"."""
    if verb.name != "import" or len(words) != 1 or words[0].lstrip().startswith("{"):
        return words
    try:
        text = sys.stdin.read() if words[0] == "-" else Path(words[0]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{words[0]} cannot be read: name a file that `papercourier export` wrote."
        ) from error
    return (text,)


for _each in VERBS:
    papercourier.add_command(_verb_command(_each))
