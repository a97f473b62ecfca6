"""What huggingface_hub does in each of many environments: one JSON object per line in, one per line out."""

import importlib
import json
import os
import sys

from huggingface_hub import _oidc, constants, is_offline_mode
from huggingface_hub.utils import _auth, build_hf_headers

_oidc.oidc_login = lambda *, resource, **_: {"access_token": f"exchanged for {resource}", "expires_in": 3600}


def outcome(work):
    try:
        return work()
    except Exception as error:  # what the client's user would see
        return f"error {type(error).__name__}"


def evaluate(env):
    os.environ.clear()
    os.environ.update(env)
    # The client reads most variables once, when it starts.
    importlib.reload(constants)
    _auth._OIDC_TOKEN_CACHE = None
    _auth._OAUTH_REFRESH_CACHE = None
    return {
        "endpoint": constants.ENDPOINT,
        "token": outcome(_auth.get_token),
        "sent": outcome(lambda: build_hf_headers().get("authorization")),
        "offline": is_offline_mode(),
    }


for line in sys.stdin:
    print(json.dumps(evaluate(json.loads(line))))
