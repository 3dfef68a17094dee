"""`make eval`: how well the rules and the assistant judge, measured on labelled data.

Every module here with a NAME is one evaluation:

    NAME      its name, as in `make eval ONLY=<name>`
    ABOUT     what is measured, and how honest the data is: a paragraph for docs/ai-quality.md
    FORMAT    the documented form of its labelled data, one JSON object a line
    DATA      what is judged where no file is given: the path of such a file, or a function that makes the records
    evaluate  (records: Iterable[dict]) -> dict of figures, all of it JSON

and may have `table(figures) -> str`, Markdown for the page; without it figures are listed as they are.

Records may carry `"held_out": true | false`. Where they do, `evaluate` is called once for each part, so that figures
of what rules were tuned on stand apart from figures of what they never saw; `--tuning` looks at the first part only.
"""
