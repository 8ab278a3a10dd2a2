"""The packages of requirements.txt, installed once into a folder of the cache and nowhere else.

`EDGEWIT_CONTROL_PACKAGES` names another folder than `.cache/control`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REQUIREMENTS = HERE / "requirements.txt"


def cache():
    """The folder of everything that is downloaded."""
    return Path(os.environ.get("EDGEWIT_CONTROL_PACKAGES", ROOT / ".cache" / "control"))


def packages():
    """The folder with the packages, which is made where it is missing; exits with 2 where pip cannot."""
    text = REQUIREMENTS.read_bytes() + f"{sys.implementation.cache_tag}".encode()
    base = cache()
    folder = base / hashlib.sha256(text).hexdigest()[:16]
    if not folder.is_dir():
        base.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=base) as new:
            print("installing the packages of tests/control/requirements.txt, once", file=sys.stderr)
            if pip("install", "--no-deps", "--require-hashes", "--only-binary=:all:", "--root-user-action=ignore",
                   "--target", f"{new}/made", "--requirement", str(REQUIREMENTS)) != 0:
                print("pip could not install tests/control/requirements.txt", file=sys.stderr)
                sys.exit(2)
            try:
                os.rename(f"{new}/made", folder)
            except OSError:
                # Another run was faster.
                shutil.rmtree(f"{new}/made", ignore_errors=True)
                if not folder.is_dir():
                    raise
    return folder


def pip(*arguments):
    command = [sys.executable, "-m", "pip", arguments[0], "--quiet", "--no-input", "--disable-pip-version-check"]
    return subprocess.run([*command, *arguments[1:]], stdout=sys.stderr).returncode


def environment(**more):
    """The environment of programs that use the packages, without settings of AWS that this machine may have."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    kept |= {
        "PYTHONPATH": str(packages()),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }
    return kept | more
