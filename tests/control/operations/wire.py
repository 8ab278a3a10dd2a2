"""Checks of the bytes of every answer against botocore's model, before botocore makes its own sense of them."""

import json

CALLED, ANSWERED = set(), set()
"""Names of the operations that were called, and of those that were answered with success."""

ERRORS = {
    "AccessDeniedException": {403},
    "BadRequestException": {400},
    "ConflictException": {409},
    "LimitExceededException": {429},
    "MissingAuthenticationTokenException": {403},
    "NotFoundException": {404},
    "SerializationException": {400},
    "ServiceUnavailableException": {503},
    "ThrottlingException": {429},
    "TooManyRequestsException": {429},
    "UnauthorizedException": {401},
    "UnknownOperationException": {404},
    "UnrecognizedClientException": {403},
    "ValidationException": {400},
}
"""The errors of the service and their statuses."""

RETRIED = {"LimitExceededException", "ServiceUnavailableException", "TooManyRequestsException"}
"""The errors that say when to try again."""


def watch(client):
    client.meta.events.register("before-parse.api-gateway", check)


def check(operation_model, response_dict, **_):
    CALLED.add(operation_model.name)
    status, headers, body = response_dict["status_code"], response_dict["headers"], response_dict["body"]
    at = f"{operation_model.name} {status}"
    if status >= 300:
        error(status, headers, body, at)
        return
    ANSWERED.add(operation_model.name)
    assert status == operation_model.http.get("responseCode", 200), at
    shape = operation_model.output_shape
    if shape is None or not shape.members:
        assert body == b"", f"{at}: has a body: {body!r}"
        return
    if shape.serialization.get("payload"):
        # An export or SDK, whose body is no JSON of the model; its other members are headers.
        for member in shape.members.values():
            if member.serialization.get("location") == "header":
                assert headers.get(member.serialization["name"]), f"{at}: no header {member.serialization['name']}"
        return
    assert headers.get("content-type", "").split(";")[0] == "application/json", f"{at}: {dict(headers)}"
    value(parsed(body, at), shape, at)


def error(status, headers, body, at):
    """An error has a message in its body and its type in a header."""
    said = parsed(body, at)
    kind = headers.get("x-amzn-errortype", "").split(":")[0]
    assert kind in ERRORS, f"{at}: error type {kind!r}: {said}"
    assert status in ERRORS[kind], f"{at}: {kind} {said}"
    assert isinstance(said, dict) and said.keys() <= {"message", "__type"}, f"{at}: {said}"
    assert isinstance(said.get("message"), str), f"{at}: {said}"
    if kind in RETRIED:
        assert headers.get("retry-after", "").isdigit(), f"{at}: no Retry-After: {dict(headers)}"


def parsed(body, at):
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=lambda pairs: single(pairs, at))
    except ValueError as problem:
        raise AssertionError(f"{at}: no JSON: {body!r}") from problem


def single(pairs, at):
    assert len({name for name, _ in pairs}) == len(pairs), f"{at}: a member twice: {pairs}"
    return dict(pairs)


def value(given, shape, at):
    KINDS[shape.type_name](given, shape, at)


def structure(given, shape, at):
    assert isinstance(given, dict), f"{at}: no object: {given!r}"
    members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
    unknown = given.keys() - members.keys()
    assert not unknown, f"{at}: unknown members {sorted(unknown)}"
    for name, inner in given.items():
        nullable = shape.name == "IntegrationResponse" and name == "responseTemplates"
        if nullable and isinstance(inner, dict):
            # The one documented null: a template that is none.
            inner = {key: template for key, template in inner.items() if template is not None}
        value(inner, members[name], f"{at}.{name}")


def array(given, shape, at):
    assert isinstance(given, list), f"{at}: no array: {given!r}"
    for index, inner in enumerate(given):
        value(inner, shape.member, f"{at}[{index}]")


def mapping(given, shape, at):
    assert isinstance(given, dict), f"{at}: no object: {given!r}"
    for name, inner in given.items():
        value(inner, shape.value, f"{at}[{name!r}]")


def string(given, shape, at):
    assert isinstance(given, str), f"{at}: no string: {given!r}"
    known = getattr(shape, "enum", None)
    assert not known or given in known, f"{at}: {given!r} is none of {known}"


def number(given, _, at):
    assert isinstance(given, (int, float)) and not isinstance(given, bool), f"{at}: no number: {given!r}"


def whole(given, _, at):
    assert isinstance(given, int) and not isinstance(given, bool), f"{at}: no integer: {given!r}"


def boolean(given, _, at):
    assert isinstance(given, bool), f"{at}: no boolean: {given!r}"


KINDS = {"structure": structure, "list": array, "map": mapping, "string": string, "boolean": boolean,
         "integer": whole, "long": whole, "double": number, "float": number, "timestamp": number}
