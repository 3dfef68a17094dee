"""`python -m tests.eval.incidents > causes.jsonl`: the made-up incidents as a file of tests.eval.causes.FORMAT."""

import json

from tests.eval.causes import generated

if __name__ == "__main__":
    for record in generated():
        print(json.dumps(record, ensure_ascii=False))
