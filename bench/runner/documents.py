"""Generates the large API document of the import scenario."""

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
