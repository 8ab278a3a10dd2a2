//! Templates whose cost is measured, and what they render to.

use std::fmt::{Error, Write};

/// Passes of each loop.
const ITEMS: usize = 50;

/// A template, and a message for it whose query has `limit=50` and whose stage has the variable `tier`.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) template: String,
    pub(crate) body: String,
    pub(crate) expected: String,
}

/// All of them: the two of `bench/run templates`, and one that reads a body.
pub(crate) fn all() -> Result<Vec<Case>, Error> {
    Ok(vec![request()?, response()?, items()?])
}

fn settings() -> Result<(String, String), Error> {
    let (mut settings, mut fields) = (String::new(), String::new());
    for number in 0..16 {
        writeln!(settings, "#set($setting{number} = \"value {number}\")")?;
    }
    for number in 0..13 {
        writeln!(fields, "  \"field{number}\": \"$setting{number}\",")?;
    }
    Ok((settings, fields))
}

/// The request's template of `bench/run templates`.
fn request() -> Result<Case, Error> {
    let (settings, fields) = settings()?;
    let template = format!(
        "{settings}#set($sum = 0)\n#foreach($number in [1..{ITEMS}])\n#set($sum = $sum + $number)\n#end\n\
         {{\n{fields}#if($input.params('mode') == \"none\")\n  \"mode\": \"none\",\n#else\n  \"mode\": \"some\",\n#end\n\
         \x20 \"statusCode\": 200\n}}"
    );
    let mut expected = "{\n".to_owned();
    for number in 0..13 {
        writeln!(expected, "  \"field{number}\": \"value {number}\",")?;
    }
    expected.push_str("  \"mode\": \"some\",\n  \"statusCode\": 200\n}");
    Ok(Case { name: "request", template, body: String::new(), expected })
}

/// The answer's template of `bench/run templates`.
fn response() -> Result<Case, Error> {
    let (settings, fields) = settings()?;
    let template = format!(
        "{settings}#set($sum = 0)\n{{\n{fields}#if($input.params('mode') == \"none\")\n  \"mode\": \"none\",\n#end\n\
         \x20 \"items\": [\n#foreach($number in [1..{ITEMS}])\n#set($sum = $sum + $number)\n\
         \x20   {{\"number\": $number, \"sum\": $sum}}#if($foreach.hasNext),#end\n\n#end\n  ],\n  \"sum\": $sum\n}}"
    );
    let mut expected = "{\n".to_owned();
    for number in 0..13 {
        writeln!(expected, "  \"field{number}\": \"value {number}\",")?;
    }
    expected.push_str("  \"items\": [\n");
    for number in 1..=ITEMS {
        let (sum, comma) = (number * (number + 1) / 2, if number < ITEMS { "," } else { "" });
        writeln!(expected, "    {{\"number\": {number}, \"sum\": {sum}}}{comma}")?;
    }
    write!(expected, "  ],\n  \"sum\": {}\n}}", ITEMS * (ITEMS + 1) / 2)?;
    Ok(Case { name: "response", template, body: String::new(), expected })
}

/// A template that reads a body.
fn items() -> Result<Case, Error> {
    let template = r#"#set($root = $input.path('$'))
#set($items = $root.items)
#set($limit = $input.params('limit'))
#set($count = 0)
{
  "requestId": "$context.requestId",
  "ip": "$context.identity.sourceIp",
  "tier": "$stageVariables.tier",
  "limit": $limit,
  "owner": $input.json('$.owner'),
  "items": [
#foreach($item in $items)
#if($item.price > 10)
#set($count = $count + 1)
#end
    {
      "id": "$item.id",
      "name": "$util.escapeJavaScript($item.name)",
      "price": $item.price,
      "tags": $item.tags.size()
    }#if($foreach.hasNext),#end

#end
  ],
  "dear": $count
}"#;
    let (mut body, mut expected) = (String::new(), String::new());
    body.push_str(r#"{"owner": {"name": "Ada", "age": 36}, "items": ["#);
    expected.push_str(
        "{\n  \"requestId\": \"11111111-2222-3333-4444-555555555555\",\n  \"ip\": \"192.0.2.1\",\n  \"tier\": \"gold\",\n  \
         \"limit\": 50,\n  \"owner\": {\"name\":\"Ada\",\"age\":36},\n  \"items\": [\n",
    );
    for number in 0..ITEMS {
        let comma = if number + 1 < ITEMS { "," } else { "" };
        write!(
            body,
            r#"{{"id": "item-{number}", "name": "a thing", "price": {number}.5, "tags": ["a", "b"]}}{comma}"#
        )?;
        write!(
            expected,
            "    {{\n      \"id\": \"item-{number}\",\n      \"name\": \"a thing\",\n      \"price\": {number}.5,\n      \
             \"tags\": 2\n    }}{comma}\n"
        )?;
    }
    body.push_str("]}");
    write!(expected, "  ],\n  \"dear\": {}\n}}", ITEMS - 10)?;
    Ok(Case { name: "items", template: template.to_owned(), body, expected })
}
