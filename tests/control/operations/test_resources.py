"""CreateResource, GetResource, GetResources, UpdateResource, DeleteResource."""

import pytest
from support import SIX, TEN, bad, conflict, invalid, missing, patch, replace, same


def paths(client, api):
    return sorted(item["path"] for item in client.get_resources(restApiId=api, limit=500)["items"])


def test_a_new_api_has_only_the_root(client, make):
    made = make.api()
    same(client.get_resources(restApiId=made["id"]), {"items": [{"id": made["rootResourceId"], "path": "/"}]})
    same(client.get_resource(restApiId=made["id"], resourceId=made["rootResourceId"]), {"id": TEN, "path": "/"})


def test_a_resource_has_its_path(client, make, api, root):
    made = client.create_resource(restApiId=api, parentId=root, pathPart="pets")
    same(made, {"id": SIX, "parentId": root, "pathPart": "pets", "path": "/pets"})
    below = client.create_resource(restApiId=api, parentId=made["id"], pathPart="{id}")
    same(below, {"id": SIX, "parentId": made["id"], "pathPart": "{id}", "path": "/pets/{id}"})
    same(client.get_resource(restApiId=api, resourceId=below["id"]),
         {"id": below["id"], "parentId": made["id"], "pathPart": "{id}", "path": "/pets/{id}"})


@pytest.mark.parametrize("part", ["a", "A-b_c.d", "0", "{a}", "{proxy+}", "a,b:c"])
def test_these_path_parts_are_allowed(client, api, root, part):
    assert client.create_resource(restApiId=api, parentId=root, pathPart=part)["path"] == f"/{part}"


@pytest.mark.parametrize("part", ["/pets", "pets/", "a/b", "abc{x}", "{x}abc", "{", "us{er", "us+er", "a b", "é"])
def test_these_path_parts_are_refused(client, api, root, part):
    with bad():
        client.create_resource(restApiId=api, parentId=root, pathPart=part)
    assert paths(client, api) == ["/"]


def test_methods_are_only_named(client, make, api, root):
    make.mock(api, root)
    make.mock(api, root, "POST")
    same(client.get_resource(restApiId=api, resourceId=root),
         {"id": root, "path": "/", "resourceMethods": {"GET": {}, "POST": {}}})
    same(client.get_resources(restApiId=api)["items"][0],
         {"id": root, "path": "/", "resourceMethods": {"GET": {}, "POST": {}}})


def test_methods_are_embedded(client, make, api, root):
    of = make.mock(api, root)
    whole = {name: value for name, value in client.get_method(**of).items() if name != "ResponseMetadata"}
    expected = {"id": root, "path": "/", "resourceMethods": {"GET": whole}}
    same(client.get_resource(restApiId=api, resourceId=root, embed=["methods"]), expected)
    same(client.get_resources(restApiId=api, embed=["methods"])["items"][0], expected)


def test_a_name_is_there_once_for_each_parent(client, make, api, root):
    pets = make.resource(api, "pets")
    with conflict("Another resource with the same parent already has this name: pets"):
        client.create_resource(restApiId=api, parentId=root, pathPart="pets")
    assert client.create_resource(restApiId=api, parentId=pets, pathPart="pets")["path"] == "/pets/pets"


@pytest.mark.parametrize(("first", "second"), [("{proxy+}", "{id}"), ("{id}", "{proxy+}"), ("{a}", "{b}")])
def test_a_parent_has_one_variable_child(client, make, api, root, first, second):
    make.resource(api, first)
    with bad(f"A sibling ({first}) of this resource already has a variable path part -- only one is allowed"):
        client.create_resource(restApiId=api, parentId=root, pathPart=second)


def test_nothing_is_below_a_greedy_variable(client, make, api):
    greedy = make.resource(api, "{proxy+}")
    with bad("Cannot create a child of a resource with a greedy path variable: {proxy+}"):
        client.create_resource(restApiId=api, parentId=greedy, pathPart="pets")


@pytest.mark.parametrize("call", ["get_resource", "delete_resource"])
def test_an_unknown_resource_is_not_found(client, api, call):
    with missing("Invalid Resource identifier specified"):
        getattr(client, call)(restApiId=api, resourceId="abcdef")


def test_a_parent_must_exist(client, api):
    with missing("Invalid Resource identifier specified"):
        client.create_resource(restApiId=api, parentId="abcdef", pathPart="pets")


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_resources", {}), ("get_resource", {"resourceId": "abcdef"}), ("delete_resource", {"resourceId": "abcdef"}),
    ("create_resource", {"parentId": "abcdef", "pathPart": "x"}),
])
def test_an_unknown_api_is_not_found(client, call, arguments):
    with missing():
        getattr(client, call)(restApiId="0unknown00", **arguments)


def test_renaming_moves_all_below(client, make, api):
    pets = make.resource(api, "pets")
    one = make.resource(api, "{id}", pets)
    make.resource(api, "toys", one)
    updated = client.update_resource(restApiId=api, resourceId=pets, patchOperations=[replace("/pathPart", "dogs")])
    assert updated["path"] == "/dogs" and updated["pathPart"] == "dogs" and updated["id"] == pets
    assert paths(client, api) == ["/", "/dogs", "/dogs/{id}", "/dogs/{id}/toys"]


def test_moving_takes_all_below_along(client, make, api, root):
    pets, shops = make.resource(api, "pets"), make.resource(api, "shops")
    make.resource(api, "{id}", pets)
    updated = client.update_resource(restApiId=api, resourceId=pets, patchOperations=[replace("/parentId", shops)])
    same(updated, {"id": pets, "parentId": shops, "pathPart": "pets", "path": "/shops/pets"})
    assert paths(client, api) == ["/", "/shops", "/shops/pets", "/shops/pets/{id}"]


def test_no_resource_is_below_itself(client, make, api):
    pets = make.resource(api, "pets")
    below = make.resource(api, "{id}", pets)
    for target in (pets, below):
        with bad("Resources cannot be cyclical."):
            client.update_resource(restApiId=api, resourceId=pets, patchOperations=[replace("/parentId", target)])
    assert paths(client, api) == ["/", "/pets", "/pets/{id}"]


def test_the_root_stays(client, make, api, root):
    pets = make.resource(api, "pets")
    with bad("Root resource cannot update its pathPart."):
        client.update_resource(restApiId=api, resourceId=root, patchOperations=[replace("/pathPart", "x")])
    with bad("Root resource cannot update its parentId."):
        client.update_resource(restApiId=api, resourceId=root, patchOperations=[replace("/parentId", pets)])
    with bad():
        client.delete_resource(restApiId=api, resourceId=root)
    assert paths(client, api) == ["/", "/pets"]


def test_renaming_to_a_name_that_is_taken_conflicts(client, make, api):
    make.resource(api, "dogs")
    pets = make.resource(api, "pets")
    with conflict("Another resource with the same parent already has this name: dogs"):
        client.update_resource(restApiId=api, resourceId=pets, patchOperations=[replace("/pathPart", "dogs")])


def test_moving_to_where_the_name_is_taken_conflicts(client, make, api):
    pets, shops = make.resource(api, "pets"), make.resource(api, "shops")
    make.resource(api, "pets", shops)
    with conflict("Another resource with the same parent already has this name: pets"):
        client.update_resource(restApiId=api, resourceId=pets, patchOperations=[replace("/parentId", shops)])


def test_moving_to_an_unknown_parent_is_refused(client, make, api):
    with missing("Invalid Resource identifier specified"):
        client.update_resource(restApiId=api, resourceId=make.resource(api, "pets"),
                               patchOperations=[replace("/parentId", "abcdef")])


@pytest.mark.parametrize(("operation", "message"), [
    (replace("/invalid", "x"),
     "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]"),
    (patch("remove", "/pathPart"),
     "Invalid patch path  '/pathPart' specified for op 'remove'. Please choose supported operations"),
    (patch("add", "/pathPart", "x"),
     "Invalid patch path  '/pathPart' specified for op 'add'. Please choose supported operations"),
])
def test_a_wrong_operation_is_refused(client, make, api, operation, message):
    pets = make.resource(api, "pets")
    with bad(message):
        client.update_resource(restApiId=api, resourceId=pets, patchOperations=[operation])


def test_an_unknown_op_fails_validation(client, make, api, root):
    with invalid():
        client.update_resource(restApiId=api, resourceId=root, patchOperations=[patch("drop", "/pathPart", "x")])


def test_deleting_takes_all_below_along(client, make, api, root):
    pets = make.resource(api, "pets")
    one = make.resource(api, "{id}", pets)
    make.mock(api, one)
    make.resource(api, "shops")
    same(client.delete_resource(restApiId=api, resourceId=pets), {})
    assert paths(client, api) == ["/", "/shops"]
    with missing("Invalid Resource identifier specified"):
        client.get_resource(restApiId=api, resourceId=one)
    with missing():
        client.get_method(restApiId=api, resourceId=one, httpMethod="GET")
