"""The packages of requirements.txt, installed once into a folder of the cache and nowhere else.

`EDGEWIT_CONTROL_PACKAGES` names another folder than `.cache/control`.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))

from pinned import ROOT, installed  # noqa: E402

REQUIREMENTS = HERE / "requirements.txt"


def cache():
    """The folder of everything that is downloaded."""
    return Path(os.environ.get("EDGEWIT_CONTROL_PACKAGES", ROOT / ".cache" / "control"))


def packages():
    """The folder with the packages, which is made where it is missing; exits with 2 where pip cannot."""
    return installed(REQUIREMENTS, cache(), "--require-hashes", "--only-binary=:all:")


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
