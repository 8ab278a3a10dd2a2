"""Generates API documents: the large one of the import scenario, and those of the control scenario."""

import json


def routes_document(count, origin):
    """An OpenAPI 3.0 document (JSON text) with `count` routes: two methods on each of `count / 2` paths.

    Nine of ten paths go to the origin with path and query parameters mapped, the tenth is a MOCK, so the document
    looks like an export and not like one line repeated.
    """
    paths = {}
    for number in range(count // 2):
        path = f"/tenants/{{tenantId}}/service{number // 50:04}/resource{number:05}/{{itemId}}"
        parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                      for name in ("tenantId", "itemId")]
        parameters.append({"name": "expand", "in": "query", "required": False, "schema": {"type": "string"}})
        integration = to_origin(origin, number) if number % 10 else mock()
        paths[path] = {
            method: {
                "operationId": f"{method}Resource{number:05}",
                "parameters": parameters,
                "responses": {"200": {"description": "ok", "content": {"application/json": {}}}},
                "x-amazon-apigateway-integration": integration | {"httpMethod": method.upper()},
            }
            for method in ("get", "put")
        }
    return json.dumps({"openapi": "3.0.1", "info": {"title": f"{count} routes", "version": "1"}, "paths": paths},
                      indent=1)


def to_origin(origin, number):
    return {
        "type": "http_proxy",
        "uri": f"http://{origin}/resource{number:05}/{{tenantId}}/{{itemId}}",
        "requestParameters": {
            "integration.request.path.tenantId": "method.request.path.tenantId",
            "integration.request.path.itemId": "method.request.path.itemId",
            "integration.request.querystring.expand": "method.request.querystring.expand",
        },
        "passthroughBehavior": "when_no_match",
    }


def mock():
    return {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": '{"ok":true}'}}},
    }


MODELS = {
    "Item": {"type": "object", "required": ["id"], "properties": {
        "id": {"type": "string"}, "name": {"type": "string", "maxLength": 200},
        "price": {"type": "number", "minimum": 0}, "tags": {"type": "array", "items": {"type": "string"}}}},
    "Items": {"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}, "next": {"type": "string"}}},
    "Error": {"type": "object", "properties": {"code": {"type": "string"}, "message": {"type": "string"}}},
}


def service_document(name, methods, template):
    """An OpenAPI 3.0 document with `methods` methods, two on each resource, in the shape most APIs have: collections
    and their items. `GET /items0` is a MOCK that answers with the template; most others would go to a backend that is
    not there.
    """
    paths = {}
    for number in range(methods // 2):
        path = f"/items{number // 2}" + ("/{id}" if number % 2 else "")
        verbs = ("get", "put") if number % 2 else ("get", "post")
        paths[path] = {verb: service_method(path, verb, template if number == 0 and verb == "get" else None)
                       for verb in verbs}
    document = {"openapi": "3.0.1", "info": {"title": name, "version": "1"}, "paths": paths,
                "components": {"schemas": MODELS}}
    return json.dumps(document)


def service_method(path, verb, template):
    parameters = [{"name": "expand", "in": "query", "required": False, "schema": {"type": "string"}},
                  {"name": "X-Tenant", "in": "header", "required": False, "schema": {"type": "string"}}]
    mapped = {"integration.request.querystring.expand": "method.request.querystring.expand",
              "integration.request.header.X-Tenant": "method.request.header.X-Tenant"}
    if path.endswith("}"):
        parameters.append({"name": "id", "in": "path", "required": True, "schema": {"type": "string"}})
        mapped["integration.request.path.id"] = "method.request.path.id"
    integration = {"type": "http_proxy", "httpMethod": verb.upper(), "uri": f"http://127.0.0.1:8080{path}",
                   "requestParameters": mapped, "passthroughBehavior": "when_no_match"}
    if template is not None or path.endswith("3"):
        integration = mock()
        integration["responses"]["default"]["responseTemplates"]["application/json"] = template or '{"ok":true}'
    method = {"parameters": parameters, "x-amazon-apigateway-integration": integration,
              "responses": {"200": {"description": "ok", "content": content("Items" if verb == "get" else "Item")},
                            "400": {"description": "wrong", "content": content("Error")}}}
    return method if verb == "get" else method | {"requestBody": {"content": content("Item")}}


def content(model):
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}
