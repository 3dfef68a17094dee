"""A team has a repository already: it becomes the service's when that is asked for, and is never changed."""

from sandbox.demo import golden_path
from sandbox.demo.stage import Stage
from sandbox.platform.story import PATH

NAME = "adopted"
TITLE = "A repository that exists is adopted, and left as it is"
_NO_COMMIT = "0" * 40
_PIPELINE = "trigger: none\nsteps:\n  - script: make\n"


async def play(stage: Stage) -> None:
    name = golden_path.new_name("frete")
    repository = await _team_repository(stage, name)
    commits = await _commits(stage, repository)
    asked = await stage.world.as_portal(
        "POST",
        f"/api/golden-paths/{PATH}/validate",
        stage.world.wanted(name),
    )
    stage.check("a dry run says that the name is taken", expected=False, observed=asked.json()["valid"])
    wanted = stage.world.wanted(name, adopt_existing=True)
    ended = await golden_path.provisioned(stage, wanted)
    stage.check("outcome", expected="provisioned", observed=ended["outcome"])
    results = {step["name"]: step.get("result") for step in ended["steps"]}
    stage.check("the repository", expected="adopted", observed=results["create_repository"])
    stage.check("the pipeline", expected="created", observed=results["create_pipeline"])
    stage.check("its commits", expected=commits, observed=await _commits(stage, repository))
    stage.say(f"{name} keeps its own history and gets what it lacked")
    stage.evidence |= {"operation": ended["id"], "service": name, "repository": repository}


async def _team_repository(stage: Stage, name: str) -> str:
    """Made and filled by a person, before anybody thought of a golden path; its id."""
    project = stage.world.demo["project"]
    made = await stage.world.as_team("POST", f"/{project}/_apis/git/repositories", {"name": name})
    change = {
        "changeType": "add",
        "item": {"path": "/azure-pipelines.yml"},
        "newContent": {"content": _PIPELINE, "contentType": "rawtext"},
    }
    push = {
        "refUpdates": [{"name": "refs/heads/main", "oldObjectId": _NO_COMMIT}],
        "commits": [{"comment": "Our own beginning", "changes": [change]}],
    }
    await stage.world.as_team("POST", f"/{project}/_apis/git/repositories/{made['id']}/pushes", push)
    stage.say(f"a team has the repository {name} since long ago")
    return str(made["id"])


async def _commits(stage: Stage, repository: str) -> list[str]:
    commits = (await stage.world.state("azure_devops"))["commit"]
    return [each["commit_id"] for each in commits if each["repository_id"] == repository]
