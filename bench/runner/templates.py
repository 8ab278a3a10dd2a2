"""The scenario `templates`: what mapping templates and functions cost beside a proxied request."""

import json

from .answers import expect, get
from .load import alternate, ratio
from .plugins import ARN, PREBUILT
from .report import goal, runs_table
from .servers import KIB, Problem, text

ITEMS = 50
"""Passes of the loop in each template."""

# Forty lines each, as generated APIs have them: settings, a loop, conditions, parameters.
SETTINGS = "\n".join(f'#set($setting{number} = "value {number}")' for number in range(16))
FIELDS = "\n".join(f'  "field{number}": "$setting{number}",' for number in range(13))
REQUEST = f"""{SETTINGS}
#set($sum = 0)
#foreach($number in [1..{ITEMS}])
#set($sum = $sum + $number)
#end
{{
{FIELDS}
#if($input.params('mode') == "none")
  "mode": "none",
#else
  "mode": "some",
#end
  "statusCode": 200
}}"""
RESPONSE = f"""{SETTINGS}
#set($sum = 0)
{{
{FIELDS}
#if($input.params('mode') == "none")
  "mode": "none",
#end
  "items": [
#foreach($number in [1..{ITEMS}])
#set($sum = $sum + $number)
    {{"number": $number, "sum": $sum}}#if($foreach.hasNext),#end

#end
  ],
  "sum": $sum
}}"""


def write_folder(bench, origin):
    folder = bench.dir / "templates"
    (folder / "apis").mkdir(parents=True)
    mock = {"type": "mock", "requestTemplates": {"application/json": REQUEST},
            "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": RESPONSE}}}}
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ARN}echo/invocations"
    integrations = {
        "/template": mock,
        "/proxy": {"type": "http_proxy", "httpMethod": "GET", "uri": f"http://{text(origin.address)}/kib"},
        "/function": {"type": "aws_proxy", "httpMethod": "POST", "uri": uri},
    }
    document = {"openapi": "3.0.1", "info": {"title": "templates", "version": "1"}, "paths": {
        path: {"get": {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": integration}}
        for path, integration in integrations.items()}}
    (folder / "apis" / "templates.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    (folder / "plugins.yaml").write_text(f"plugins:\n  echo: {{component: {PREBUILT / 'greeting_function_rust.wasm'}}}\n",
                                         encoding="utf-8")
    (folder / "functions.yaml").write_text("functions:\n  echo: {plugin: echo}\n", encoding="utf-8")
    (folder / "edgewit.yaml").write_text('access_log: {format: "off"}\nlimits: {plugin_instances: 1000}\n',
                                         encoding="utf-8")
    return folder


def expected():
    """What the response template renders to, computed here."""
    sums = [number * (number + 1) // 2 for number in range(1, ITEMS + 1)]
    return {**{f"field{number}": f"value {number}" for number in range(13)},
            "items": [{"number": number + 1, "sum": value} for number, value in enumerate(sums)], "sum": sums[-1]}


def templates(bench, options):
    """A MOCK whose two templates have 40 lines and a loop each, and a function, beside HTTP_PROXY."""
    origin = bench.origin()
    node = bench.edgewit(write_folder(bench, origin))
    proxied = node.at("proxy", "/dev/proxy")
    rendered = node.at("templates", "/dev/template")
    function = node.at("function", "/dev/function")
    expect(proxied, body=KIB, pipeline=True)
    expect(function, body=None, pipeline=True)
    status, _, body = get(rendered, times=2)
    if status != 200 or json.loads(body) != expected():
        raise Problem(f"the template rendered to {status} {body[:300]!r}")
    runs = alternate([proxied, rendered, function], options.rounds, options.seconds, options.connections,
                     options.progress)
    goals = [goal("throughput of two rendered templates against HTTP_PROXY",
                  ratio(runs["templates"], runs["proxy"], "rps"), 0.6, at_least=True),
             goal("throughput of a function against HTTP_PROXY", ratio(runs["function"], runs["proxy"], "rps"), 0.5,
                  at_least=True)]
    return {"tables": [runs_table(runs, ["proxy"])], "goals": goals, "figures": runs}
