"""The Dockerfile's steps without an engine: in a clean folder, with a fresh environment.

`python -m tests.image [WORK]` builds what the image would hold below WORK (a new folder where none
is named), starts its command as a user without rights, waits for its health check to pass, and
ends it as an engine would. It ends with 0 when all of that worked.

Folders of the image (/build, /opt/papercourier, /data) stand below WORK; what the base image
brings (Python, a user) is this machine's. An engine, where there is one, does better.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOBODY = 10_001
_HEALTH_SECONDS = 60.0
_STEP_SECONDS = 900.0


@dataclass(slots=True)
class Stage:
    """One `FROM` and what follows it."""

    name: str
    environ: dict[str, str] = field(default_factory=dict)
    steps: list[tuple[str, str]] = field(default_factory=list)  # instruction, rest
    health: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)


def stages(text: str) -> list[Stage]:
    """The stages of a Dockerfile; of its language, what ours uses."""
    found: list[Stage] = []
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    for line in filter(None, map(str.strip, joined.splitlines())):
        instruction, _, rest = line.partition(" ")
        if instruction == "FROM":
            found.append(Stage(rest.partition(" AS ")[2]))
            continue
        stage = found[-1]
        match instruction:
            case "ARG" | "ENV":
                for word in shlex.split(rest):
                    name, _, value = word.partition("=")
                    stage.environ[name] = _filled(value, stage.environ)
            case "HEALTHCHECK":
                stage.health = json.loads(rest.partition(" CMD ")[2])
            case "ENTRYPOINT" | "CMD":
                stage.command += json.loads(rest)
            case "RUN" | "COPY" | "WORKDIR" | "USER":
                stage.steps.append((instruction, rest.strip()))
            case "LABEL" | "VOLUME" | "EXPOSE" | "STOPSIGNAL":
                pass
            case _:
                raise ValueError(f"the Dockerfile holds {instruction}, which is not known here")
    return found


def _filled(value: str, environ: Mapping[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda name: environ.get(name[1], f"${name[1]}"), value)


class Image:
    """The image's folders below one of ours."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._python = work / "python"  # what the base image has

    def build(self, stage: Stage) -> None:
        """Take the steps of the stage that builds."""
        subprocess.run((sys.executable, "-m", "venv", self._python), check=True)
        folder = self._work
        for instruction, rest in stage.steps:
            print(f"{instruction} {rest[:100]}", flush=True)  # noqa: T201 - a program's output
            if instruction == "WORKDIR":
                folder = self._below(rest)
                folder.mkdir(parents=True, exist_ok=True)
            elif instruction == "COPY":
                *sources, target = rest.split()
                for source in sources:
                    _copy(source, folder / target)
            elif instruction == "RUN":
                subprocess.run(
                    ("/bin/sh", "-euc", self._moved(rest)),
                    cwd=folder,
                    # How this machine reaches its package index stands in its environment.
                    env={**os.environ, **self._environment(stage.environ)},
                    check=True,
                    timeout=_STEP_SECONDS,
                )

    def runs(self, stage: Stage) -> None:
        """Start the image's command, wait until its health check passes, and end it."""
        data = self._below(stage.environ["PAPERCOURIER_HOME"])
        data.mkdir(mode=0o700)
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(data, NOBODY, NOBODY)
        environ = self._environment(
            {**stage.environ, "WEB_HOST": "127.0.0.1", "WEB_PORT": str(_free_port())}
        )
        nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if is_root else {}
        process = subprocess.Popen(  # type: ignore[call-overload]  # the keywords of `nobody`
            stage.command, cwd=data, env=environ, **nobody
        )
        try:
            self._wait_for_health(stage.health, environ, process)
            process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=15)
        finally:
            process.kill()
            process.wait()
        if code != 0:
            raise SystemExit(f"the image's command ended with {code} after SIGTERM")
        written = sorted(each.name for each in data.iterdir())
        print(f"healthy, stopped; it wrote {', '.join(written)}")  # noqa: T201 - a program's output

    def _wait_for_health(
        self, check: list[str], environ: Mapping[str, str], process: subprocess.Popen[bytes]
    ) -> None:
        until = time.monotonic() + _HEALTH_SECONDS
        while time.monotonic() < until and process.poll() is None:
            asked = subprocess.run(check, env=environ, check=False, capture_output=True)
            if asked.returncode == 0:
                return
            time.sleep(0.5)
        raise SystemExit("the image's health check did not pass")

    def _environment(self, own: Mapping[str, str]) -> dict[str, str]:
        moved = {name: self._moved(value) for name, value in own.items() if name != "PATH"}
        inner = [self._moved(own["PATH"]).partition(":")[0]] if "PATH" in own else []
        path = ":".join((*inner, str(self._python / "bin"), "/usr/bin", "/bin"))
        return {**moved, "PATH": path, "HOME": str(self._work), "UV_PYTHON": self._base_python()}

    def _base_python(self) -> str:
        """A Python that a user without rights can start too: ours may lie in root's home."""
        system = shutil.which("python3", path="/usr/bin")
        is_new = "import sys; sys.exit(sys.version_info < (3, 11))"
        if system and subprocess.run((system, "-c", is_new), check=False).returncode == 0:
            return system
        return str(self._python / "bin" / "python")

    def _below(self, path: str) -> Path:
        return self._work / path.lstrip("/")

    def _moved(self, text: str) -> str:
        """`text` with the image's folders replaced by ours."""
        return re.sub(r"(?<![\w/.])/(build|opt|data)\b", rf"{self._work}/\1", text)


def _copy(source: str, target: Path) -> None:
    """Copy from the build's context: what .dockerignore lets through, and nothing else."""
    inside = _context()
    for path in sorted((ROOT / source).rglob("*")) if (ROOT / source).is_dir() else [ROOT / source]:
        name = path.relative_to(ROOT).as_posix()
        if not path.is_file() or not inside(name):
            continue
        goal = target / path.relative_to(ROOT / source) if path != ROOT / source else target
        goal = goal / path.name if goal.is_dir() else goal
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, goal)


def _context() -> _Ignore:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return _Ignore([line.strip() for line in lines if line.strip() and line[0] != "#"])


@dataclass(frozen=True, slots=True)
class _Ignore:
    """A .dockerignore: the last pattern that fits decides."""

    patterns: list[str]

    def __call__(self, name: str) -> bool:
        """Whether the file is part of the build's context."""
        is_inside = True
        for pattern in self.patterns:
            plain = pattern.lstrip("!").removeprefix("**/")
            if any(fnmatch.fnmatch(each, plain) for each in _ways(name, pattern)):
                is_inside = pattern.startswith("!")
        return is_inside


def _ways(name: str, pattern: str) -> Iterator[str]:
    """`name` and the folders it is in, by path or, for `**/`, by their names."""
    parts = name.split("/")
    for end in range(1, len(parts) + 1):
        yield parts[end - 1] if pattern.startswith("**/") else "/".join(parts[:end])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Build and run."""
    build, run = stages((ROOT / "Dockerfile").read_text())
    with tempfile.TemporaryDirectory(prefix="papercourier-image-") as folder:
        work = Path(sys.argv[1] if len(sys.argv) > 1 else folder)
        work.chmod(0o755)  # whoever runs the image has to get in
        image = Image(work)
        image.build(build)
        image.runs(run)


if __name__ == "__main__":
    main()
