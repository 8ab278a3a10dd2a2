"""Packages of a file of requirements, installed once into a folder of a cache and nowhere else."""

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def installed(requirements, base, *options):
    """The folder below `base` with the packages, which is made where it is missing; exits with 2 where pip cannot.

    `options` are more of `pip install`.
    """
    text = requirements.read_bytes() + f"{sys.implementation.cache_tag}".encode()
    folder = base / hashlib.sha256(text).hexdigest()[:16]
    if not folder.is_dir():
        shown = requirements.relative_to(ROOT)
        with made(folder) as new:
            print(f"installing the packages of {shown}, once", file=sys.stderr)
            if pip("install", "--no-deps", *options, "--root-user-action=ignore", "--target", str(new / "made"),
                   "--requirement", str(requirements)) != 0:
                print(f"pip could not install {shown}", file=sys.stderr)
                sys.exit(2)
    return folder


@contextlib.contextmanager
def made(folder):
    """A temporary folder whose `made` becomes `folder`, whole, unless another run was faster."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as new:
        yield Path(new)
        try:
            os.rename(f"{new}/made", folder)
        except OSError:
            if not folder.is_dir():
                raise


def pip(*arguments):
    command = [sys.executable, "-m", "pip", arguments[0], "--quiet", "--no-input", "--disable-pip-version-check"]
    return subprocess.run([*command, *arguments[1:]], stdout=sys.stderr).returncode
