"""What a pipeline does with the Python client: python hub-flow.py <repository> <folder>. Prints what it saw, as JSON."""

import hashlib
import io
import json
import os
import struct
import sys
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, snapshot_download
from huggingface_hub.utils import HfHubHTTPError

repository, folder = sys.argv[1], Path(sys.argv[2])
api = HfApi()
seen: dict[str, object] = {"whoami": api.whoami()["name"]}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


api.upload_file(path_or_fileobj=b"small\n", path_in_repo="small.txt", repo_id=repository)

# A folder with large files: the Hub says that they belong in LFS. Each is stored in a different way by Xet.
source = folder / "source"
source.mkdir(parents=True)
(source / "config.json").write_text("{}\n")
(source / "model.safetensors").write_bytes(os.urandom(1_000_000))
(source / "text.bin").write_text("".join(f"line {n % 700}\n" for n in range(60_000)))
(source / "floats.bin").write_bytes(struct.pack("<60000f", *(n / 7 for n in range(60_000))))
api.upload_folder(repo_id=repository, folder_path=source, path_in_repo="v1")

# An open file is uploaded over LFS even where Xet is installed.
content = io.BufferedReader(io.BytesIO(b"\0binary"))
operations = [CommitOperationAdd("other.bin", content), CommitOperationDelete("small.txt")]
commit = api.create_commit(repo_id=repository, operations=operations, commit_message="Several at once")
seen["head"] = api.repo_info(repository).sha == commit.oid

copy = Path(snapshot_download(repository, local_dir=folder / "copy"))
seen["files"] = sorted(str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file() and ".cache" not in path.parts)
seen["same"] = [sha256(copy / "v1" / path.name) == sha256(path) for path in source.iterdir()]
seen["lfs"] = sorted(info.path for info in api.list_repo_tree(repository, recursive=True) if getattr(info, "lfs", None))

api.create_branch(repository, branch="dev")
api.create_tag(repository, tag="v1.0", revision="dev")
proposal = api.create_commit(
    repo_id=repository, operations=[CommitOperationAdd("proposal.txt", b"?")], commit_message="Proposal", create_pr=True
)
seen["pull request"] = proposal.pr_revision
refs = api.list_repo_refs(repository, include_pull_requests=True)
seen["refs"] = sorted(ref.ref for ref in [*refs.branches, *refs.tags, *(refs.pull_requests or [])])
seen["commits"] = [one.title for one in api.list_repo_commits(repository)]
try:
    api.auth_check(repository, write=True)
    seen["write"] = True
except (HfHubHTTPError, TypeError) as error:
    seen["write"] = type(error).__name__
print(json.dumps(seen))
