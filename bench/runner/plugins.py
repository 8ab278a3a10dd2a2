"""The scenario `plugins`: what components cost, by language, fresh and kept."""

import http.client
import json
import re
import shutil

from .answers import expect
from .load import alternate, difference, median
from .report import goal, runs_table, table
from .servers import CONF, KIB, ROOT, filled, text

PREBUILT = ROOT / "plugins" / "prebuilt"
LANGUAGES = ROOT / "plugins" / "target" / "languages"
"""Where plugins/languages builds the authorizer in every language."""

# Signed with `test-key`: sub alice, exp in 2100, scope read. plugins/bearer.cases.md says how.
PAYLOAD = "eyJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMCwic2NvcGUiOiJyZWFkIn0"
TOKEN = "Bearer %s.%s"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
KEPT = 8
"""Instances that the kept variant of a plugin may keep."""
HEADERS = {f"X-Header-{number}": "value" for number in range(12)}
"""With Host, Authorization and Accept: requests have fifteen headers, of which the authorizer reads one."""


def signed():
    import base64
    import hashlib
    import hmac
    tag = hmac.new(b"test-key", PAYLOAD.encode(), hashlib.sha256).digest()
    return TOKEN % (PAYLOAD, base64.urlsafe_b64encode(tag).rstrip(b"=").decode())


def components():
    """{language: component}; Rust is always there."""
    built = {path.stem.removeprefix("bearer_"): path for path in sorted(LANGUAGES.glob("bearer_*.wasm"))}
    return {**built, "rust": PREBUILT / "bearer_rust.wasm"}


def guarded_route(name):
    """YAML of the route /NAME: a MOCK of one KiB behind the authorizer of that name."""
    return f"""  /{name}:
    get:
      security: [{{{name}: []}}]
      responses: {{"200": {{description: One KiB out of a static template}}}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {{application/json: '{{"statusCode": 200}}'}}
        responses: {{default: {{statusCode: "200", responseTemplates: {{application/json: '{KIB}'}}}}}}
"""


def token_scheme(name):
    """YAML of a security scheme: a TOKEN authorizer whose results are not kept, the function NAME."""
    return f"""    {name}:
      type: apiKey
      name: Authorization
      in: header
      x-amazon-apigateway-authtype: custom
      x-amazon-apigateway-authorizer:
        type: token
        authorizerUri: arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ARN}{name}/invocations
        authorizerResultTtlInSeconds: 0
"""


def write_folder(bench, origin, languages):
    folder = bench.dir / "plugins"
    (folder / "apis").mkdir(parents=True)
    api = filled(CONF / "plugins" / "apis" / "plugins.yaml", {"ORIGIN": text(origin.address), "KIB": KIB})
    schemes, plugins, functions = [], [], []
    for name, component in {"greet": PREBUILT / "greeting_function_rust.wasm"}.items():
        shutil.copy(component, folder)
        plugins.append(f"  {name}: {{component: {component.name}}}")
        functions.append(f"  {name}: {{plugin: {name}}}")
    for language, component in languages.items():
        shutil.copy(component, folder)
        for variant, warm in (("fresh", 0), ("kept", KEPT)):
            name = f"{language}-{variant}"
            api += guarded_route(name)
            schemes.append(token_scheme(name))
            plugins.append(f"  {name}: {{component: {component.name}, config: {{key: test-key}}, "
                           f"instances: {{warm: {warm}, uses: 100000}}, limits: {{memory_mb: 256}}}}")
            functions.append(f"  {name}: {{plugin: {name}}}")
    api += "components:\n  securitySchemes:\n" + "".join(schemes)
    (folder / "apis" / "plugins.yaml").write_text(api, encoding="utf-8")
    (folder / "plugins.yaml").write_text("plugins:\n" + "\n".join(plugins) + "\n", encoding="utf-8")
    (folder / "functions.yaml").write_text("functions:\n" + "\n".join(functions) + "\n", encoding="utf-8")
    (folder / "edgewit.yaml").write_text('access_log: {format: "off"}\nlimits: {plugin_instances: 1000}\n', encoding="utf-8")
    return folder


def seconds_and_calls(admin, metric):
    """{resource: (seconds, calls)} of a histogram at the admin address."""
    connection = http.client.HTTPConnection(*admin, timeout=30)
    connection.request("GET", "/metrics")
    body = connection.getresponse().read().decode()
    connection.close()
    found = {}
    for kind, at in (("sum", 0), ("count", 1)):
        for resource, value in re.findall(rf'^{metric}_{kind}\{{.*?resource="([^"]+)".*?\}} (\S+)$', body, re.M):
            found.setdefault(resource, [0.0, 0.0])[at] = float(value)
    return found


def plugins(bench, options):
    """Time and CPU of an authorizer in every language that was built, and of a function, in the node."""
    origin = bench.origin()
    languages = components()
    folder = write_folder(bench, origin, languages)
    node = bench.edgewit(folder, admin=True)
    token = {"Authorization": signed(), **HEADERS}
    opened = node.at("open", "/dev/open", token)
    function = node.at("function", "/dev/function", HEADERS)
    proxied = node.at("proxy", "/dev/proxy", HEADERS)
    guarded = [node.at(f"{language}, {variant}", f"/dev/{language}-{variant}", token)
               for language in languages for variant in ("fresh", "kept")]
    for target in [opened, proxied, *guarded]:
        expect(target, pipeline=True)
    expect(function, body=json.dumps({"message": "Hello, world", "path": "/function"}, separators=(",", ":")),
           pipeline=True)
    for target in guarded:
        expect(node.at("forged", target.path, HEADERS), status=401, headers={"Authorization": "Bearer a.b"},
               body=None, pipeline=True)

    inside = {}

    def before(target):
        inside[target.name] = (seconds_and_calls(node.admin, "edgewit_plugin_duration_seconds"),
                               seconds_and_calls(node.admin, "edgewit_integration_duration_seconds"))

    def after(target, run):
        resource = target.path.removeprefix("/dev")
        for metric, earlier in zip(("edgewit_plugin_duration_seconds", "edgewit_integration_duration_seconds"),
                                   inside[target.name]):
            now, then = seconds_and_calls(node.admin, metric).get(resource), earlier.get(resource, [0.0, 0.0])
            if now and now[1] > then[1]:
                run["inside_us"] = (now[0] - then[0]) / (now[1] - then[1]) * 1e6

    one = alternate([opened, function, *guarded], options.rounds, options.seconds, 1, options.progress, before, after)
    full = alternate([opened, proxied, function, *guarded], options.rounds, options.seconds, options.connections,
                     options.progress)
    rows = [[target.name, f"{median(one[target.name], 'inside_us'):.1f}",
             f"{difference(full[target.name], full['open'], 'cpu_us'):.1f}",
             f"{median(full[target.name], 'rps'):,.0f}"] for target in [function, *guarded]]
    goals = [goal("a fresh Rust authorizer inside the node", median(one["rust, fresh"], "inside_us"), 10, " µs"),
             goal("a function of JSON inside the node", median(one["function"], "inside_us"), 20, " µs")]
    if "python, kept" in one:
        goals.append(goal("a kept Python authorizer inside the node", median(one["python, kept"], "inside_us"), 70,
                          " µs"))
    if "js, kept" in one:
        goals.append(goal("a kept JavaScript (QuickJS) authorizer inside the node", median(one["js, kept"], "inside_us"), 120,
                          " µs"))
    header = ["plugin", "inside, one connection, µs", "CPU over the open route, µs/req", "req/s"]
    return {"tables": [table(header, rows), runs_table(full, ["proxy"])], "goals": goals,
            "figures": {"one": one, "full": full}}
