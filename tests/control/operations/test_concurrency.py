"""Many clients at once on the same API: nothing is lost, nothing is half there."""

import random
import threading

import boto3
import pytest
import wire
from botocore.config import Config
from botocore.exceptions import ClientError
from support import CONTROL, REGION, replace, unique

THREADS = 8
ROUNDS = 25

# What a change that meets another may be answered with.
MET = {"NotFoundException", "ConflictException", "BadRequestException", "TooManyRequestsException"}


def one_client():
    made = boto3.client("apigateway", endpoint_url=CONTROL, region_name=REGION, aws_access_key_id="AKIDEXAMPLE",
                        aws_secret_access_key="secret", config=Config(retries={"total_max_attempts": 1}))
    wire.watch(made)
    return made


def at_once(action, count=THREADS):
    """Runs the action in threads of their own, each with a client and a number; raises what they raised."""
    clients, problems, results = [one_client() for _ in range(count)], [], [None] * count
    gate = threading.Barrier(count)

    def run(number):
        try:
            gate.wait()
            results[number] = action(clients[number], number)
        except BaseException as problem:
            problems.append(problem)
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return results


def consistent(client, api, root):
    """Each parent exists, each path is that of the parent and the part, and no name is twice below a parent."""
    items = {}
    for page in client.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"]):
        for item in page["items"]:
            assert item["id"] not in items, "a resource twice"
            items[item["id"]] = item
    assert items[root]["path"] == "/"
    names = [(item.get("parentId"), item.get("pathPart")) for item in items.values()]
    assert len(set(names)) == len(names), "a name twice below one parent"
    for item in items.values():
        if item["id"] == root:
            continue
        parent = items[item["parentId"]]
        assert item["path"] == f"{parent['path'].rstrip('/')}/{item['pathPart']}"
        # What is listed can be read.
        assert client.get_resource(restApiId=api, resourceId=item["id"])["path"] == item["path"]
    return items


def test_resources_made_changed_and_deleted_at_once_are_consistent(client, api, root):
    seed = random.randrange(1 << 30)
    print("seed", seed)

    def work(mine, number):
        dice, known = random.Random(seed + number), [root]
        for _ in range(ROUNDS):
            act = dice.random()
            try:
                if act < 0.5 or len(known) < 3:
                    known.append(mine.create_resource(restApiId=api, parentId=dice.choice(known),
                                                      pathPart=f"p{dice.randrange(6)}")["id"])
                elif act < 0.65:
                    mine.update_resource(restApiId=api, resourceId=dice.choice(known[1:]),
                                         patchOperations=[replace("/pathPart", f"q{dice.randrange(6)}")])
                elif act < 0.8:
                    mine.update_resource(restApiId=api, resourceId=dice.choice(known[1:]),
                                         patchOperations=[replace("/parentId", dice.choice(known))])
                elif act < 0.9:
                    mine.put_method(restApiId=api, resourceId=dice.choice(known), httpMethod="GET",
                                    authorizationType="NONE")
                else:
                    gone = known.pop(dice.randrange(1, len(known)))
                    mine.delete_resource(restApiId=api, resourceId=gone)
                known += [item["id"] for item in mine.get_resources(restApiId=api, limit=500)["items"]][:3]
            except ClientError as error:
                assert error.response["Error"]["Code"] in MET, error
    at_once(work)
    consistent(client, api, root)


def test_one_name_is_made_once(client, api, root):
    def work(mine, _):
        try:
            return mine.create_resource(restApiId=api, parentId=root, pathPart="pets")["id"]
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ConflictException", error
            return None
    made = [result for result in at_once(work) if result]
    assert len(made) == 1
    assert [item["path"] for item in consistent(client, api, root).values()].count("/pets") == 1


def test_no_update_is_lost(client, make):
    api, _ = make.deployed()

    def work(mine, number):
        for turn in range(ROUNDS):
            while True:
                try:
                    mine.update_stage(restApiId=api, stageName="one", patchOperations=[
                        replace(f"/variables/v{number}_{turn}", "x")])
                    break
                except ClientError as error:
                    assert error.response["Error"]["Code"] in ("ConflictException", "TooManyRequestsException"), error
    at_once(work, 4)
    variables = client.get_stage(restApiId=api, stageName="one")["variables"]
    assert len(variables) == 4 * ROUNDS


def test_a_key_value_is_there_once(client, make):
    value = unique("value-of-20-chars-")

    def work(mine, _):
        try:
            return mine.create_api_key(value=value)["id"]
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ConflictException", error
            return None
    made = [result for result in at_once(work) if result]
    for key in made:
        make.later("delete_api_key", apiKey=key)
    assert len(made) == 1


def test_ids_are_unique(client, make):
    made = [api for result in at_once(lambda mine, _: [mine.create_rest_api(name="many")["id"] for _ in range(10)])
            for api in result]
    for api in made:
        make.later("delete_rest_api", restApiId=api)
    assert len(set(made)) == len(made)
    listed = {item["id"] for page in client.get_paginator("get_rest_apis").paginate() for item in page["items"]}
    assert set(made) <= listed


def test_an_api_is_deleted_once(client, make):
    api = make.api()["id"]

    def work(mine, _):
        try:
            mine.delete_rest_api(restApiId=api)
            return True
        except ClientError as error:
            assert error.response["Error"]["Code"] in ("NotFoundException", "ConflictException"), error
            return False
    assert at_once(work).count(True) == 1
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_rest_api(restApiId=api)


def test_deployments_and_changes_at_once_end_in_one_state(client, make):
    api, _ = make.deployed()
    root = make.root(api)

    def work(mine, number):
        for turn in range(5):
            try:
                if number % 2:
                    mine.create_deployment(restApiId=api, stageName="one")
                else:
                    mine.create_resource(restApiId=api, parentId=root, pathPart=f"p{number}-{turn}")
            except ClientError as error:
                assert error.response["Error"]["Code"] in MET, error
    at_once(work)
    consistent(client, api, root)
    stage = client.get_stage(restApiId=api, stageName="one")
    deployments = {item["id"] for page in client.get_paginator("get_deployments").paginate(restApiId=api)
                   for item in page["items"]}
    assert stage["deploymentId"] in deployments
