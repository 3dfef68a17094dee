"""remediate_problem: from a Dynatrace problem to an incident with evidence, cause, approved action and proof.

Started by functions/incidents/problems.py with the instance id `incident-<problem id>-<start>`. Input:
{"problem": Problem, "reopens": incident or None, "policy": {...}, "language": "pt-BR"|"en", "public_url"}.
External events: `decision` (a Decision), `problem_joined` and `problem_resolved` (orchestrations/incidents/hearing.py).
Ends with an outcome of domain.incidents; Failed only when a vendor refuses or stays away for too long.
"""

import azure.durable_functions as df
from durabletask import task

from orchestrations.incidents.ending import end, end_quietly, let_go, tell_failure
from orchestrations.incidents.opening import investigate, open_incident
from orchestrations.incidents.remedying import remedy
from orchestrations.incidents.reverting import scale_back
from orchestrations.incidents.story import Story
from orchestrations.saga import StepFailed, Steps

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def remediate_problem(context: task.OrchestrationContext, request: dict):  # type: ignore[no-untyped-def, type-arg]
    """Give a problem an incident, find its cause, and end it by an approved and verified action."""
    story = Story(context, request)
    try:
        output = yield from _play(story)
    except StepFailed as failure:
        yield from tell_failure(story, failure)
        yield from _take_back(story)
        raise
    yield from _take_back(story)
    return output


def _play(story: Story) -> Steps:
    if not (yield from investigate(story)):
        return (yield from end_quietly(story))
    yield from open_incident(story)
    ending = yield from let_go(story, (yield from remedy(story)))
    return (yield from end(story, ending))


def _take_back(story: Story) -> Steps:
    """What was done for a time ends with that time, whatever became of the incident."""
    if story.approval and story.done:
        yield from scale_back(story.acting, story.approval, story.done)
