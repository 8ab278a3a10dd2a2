//! Each limit at its value and one past it, and inputs that are made to exhaust a stack, memory or time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use edgewit_velocity::{ParseLimits, RenderErrorKind, RenderLimits, Source, SyntaxError, Template};

struct Body<'b>(&'b str);

impl Source for Body<'_> {
    fn body(&self) -> &str {
        self.0
    }
}

fn parse(template: &str, limits: &ParseLimits) -> Result<Template, SyntaxError> {
    Template::parse(template, limits)
}

fn render_body(template: &str, body: &str, limits: &RenderLimits) -> Result<String, RenderErrorKind> {
    let template = parse(template, &ParseLimits::default()).unwrap_or_else(|error| panic!("{error}"));
    template.render(&Body(body), limits).map(|rendered| rendered.text).map_err(|error| error.kind)
}

fn render(template: &str, limits: &RenderLimits) -> Result<String, RenderErrorKind> {
    render_body(template, "", limits)
}

/// What 1 MiB of stack must be enough for, which is what a component has; frames of a debug build are several times
/// as large, and get as much more.
fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    let bytes = if cfg!(debug_assertions) { 4 << 20 } else { 1 << 20 };
    std::thread::Builder::new().stack_size(bytes).spawn(test).unwrap().join().unwrap();
}

#[test]
fn bytes_of_a_template() {
    let limits = ParseLimits::default();
    assert!(parse(&"a".repeat(307_200), &limits).is_ok());
    let error = parse(&"a".repeat(307_201), &limits).unwrap_err();
    assert_eq!(error.to_string(), "line 1, column 1: found 307201 bytes, expected at most 307200 bytes");
}

#[test]
fn nesting_of_a_template() {
    let limits = ParseLimits { nesting: 8, ..ParseLimits::default() };
    // The expression itself is the first level.
    for (open, inner, close, levels) in [
        ("(", "1", ")", 7),
        ("[", "1", "]", 7),
        ("{1:", "1", "}", 7),
        ("!", "true", "", 7),
        ("$a.b(", "1", ")", 7),
        ("$a[", "1", "]", 7),
    ] {
        let nested =
            |depth: usize| format!("#set($x = {}{inner}{})", open.repeat(depth), close.repeat(depth));
        assert!(parse(&nested(levels), &limits).is_ok(), "{open}");
        let error = parse(&nested(levels + 1), &limits).unwrap_err();
        assert_eq!(error.expected, "at most 8 levels of nesting", "{open}");
    }
    let blocks = |depth: usize| format!("{}{}", "#foreach($i in [])".repeat(depth), "#end".repeat(depth));
    assert!(parse(&blocks(7), &limits).is_ok());
    assert!(parse(&blocks(9), &limits).is_err());
}

#[test]
fn deep_templates_need_little_stack() {
    on_small_stack(|| {
        for (open, close) in [
            ("(", ")"),
            ("[", "]"),
            ("{1:", "}"),
            ("!", ""),
            ("$a.b(", ")"),
            ("$a[", "]"),
            ("not ", ""),
            ("\"$a.b(", ")\""),
            ("[{1:$a[\"$a.b(", ")\"]}]"),
        ] {
            for depth in [10, 30, 60, 63, 64, 65, 100, 10_000] {
                let text = format!("#set($x = {}1{})$x", open.repeat(depth), close.repeat(depth));
                if let Ok(template) = parse(&text, &ParseLimits::default()) {
                    _ = template.render(&Body("{}"), &RenderLimits::default());
                }
            }
        }
        for open in ["#if(true)", "#foreach($i in [1])", "#define($d)", "#macro(m)", "#if(false)#else "] {
            for depth in [62, 64, 65, 10_000] {
                let text = format!("{}x{}$d", open.repeat(depth), "#end".repeat(depth));
                if let Ok(template) = parse(&text, &ParseLimits::default()) {
                    _ = template.render(&Body("{}"), &RenderLimits::default());
                }
            }
        }
    });
}

#[test]
fn long_chains_are_not_deep() {
    let sum = format!("#set($x = 1{})$x", " + 1".repeat(9_999));
    assert_eq!(render(&sum, &RenderLimits::default()).unwrap(), "10000");
    let members = format!("$a{}|", ".b".repeat(9_999));
    assert_eq!(render(&members, &RenderLimits::default()).unwrap(), "|");
    let branches = format!("#if(false)a{}#end|", "#elseif(false)b".repeat(9_999));
    assert_eq!(render(&branches, &RenderLimits::default()).unwrap(), "|");
}

#[test]
fn bytes_of_output() {
    let limits = RenderLimits { output_bytes: 8, ..RenderLimits::default() };
    assert_eq!(render("#set($a = 'abcd')$a$a", &limits).unwrap(), "abcdabcd");
    for past in [
        "#set($a = 'abcd')$a${a}x",
        "123456789",
        "#set($a = [1, 2, 3])$a",
        "12345678#set($a = \"$x.y()1\")",
        "#set($a = {'a': 'bcdefg'})$a",
        "$util.parseJson('[\"aaaaaaa\"]')",
        "$input.json('$')1234567",
    ] {
        assert_eq!(render(past, &limits), Err(RenderErrorKind::OutputBytes), "{past}");
    }
}

#[test]
fn iterations_of_a_loop() {
    let limits = RenderLimits { foreach_iterations: 3, ..RenderLimits::default() };
    assert_eq!(render("#foreach($i in [1..3])$i#end", &limits).unwrap(), "123");
    assert_eq!(render("#foreach($i in [1..4])$i#end", &limits), Err(RenderErrorKind::ForeachIterations));
    assert_eq!(render("#foreach($i in [1..4])$i#if($i == 3)#break#end#end", &limits).unwrap(), "123");
    let entries = "#foreach($v in {1: 1, 2: 2, 3: 3, 4: 4})$v#end";
    assert_eq!(render(entries, &limits), Err(RenderErrorKind::ForeachIterations));
}

#[test]
fn depth_of_defines() {
    let limits = RenderLimits { define_depth: 2, ..RenderLimits::default() };
    assert_eq!(render("#define($a)x#end#define($b)$a#end$b", &limits).unwrap(), "x");
    let past = "#define($a)x#end#define($b)$a#end#define($c)$b#end$c";
    assert_eq!(render(past, &limits), Err(RenderErrorKind::DefineDepth));
}

#[test]
fn defines_that_print_each_other_need_little_stack() {
    on_small_stack(|| {
        let inner = format!("{}$d{}", "#if(true)#foreach($i in [1])".repeat(25), "#end#end".repeat(25));
        let template = format!("#define($d){inner}#end$d");
        assert_eq!(render(&template, &RenderLimits::default()), Err(RenderErrorKind::DefineDepth));
        let strings = format!("#define($d)#set($x = {}\"$d\"{})#end$d", "[".repeat(55), "]".repeat(55));
        assert_eq!(render(&strings, &RenderLimits::default()), Err(RenderErrorKind::DefineDepth));
    });
}

#[test]
fn steps() {
    let template = "#foreach($i in [1..1000])#foreach($j in [1..1000])#foreach($k in [1..1000])#end#end#end";
    let limits = RenderLimits { steps: 100_000, ..RenderLimits::default() };
    assert_eq!(render(template, &limits), Err(RenderErrorKind::Steps));
    let one = |steps| render("a", &RenderLimits { steps, ..RenderLimits::default() });
    // The block and the text.
    assert_eq!(one(2).unwrap(), "a");
    assert_eq!(one(1), Err(RenderErrorKind::Steps));
}

#[test]
fn bytes_of_values() {
    let limits = |value_bytes| RenderLimits { value_bytes, ..RenderLimits::default() };
    let template = "#set($a = 'abc')#set($b = \"$a$a\")$b";
    assert_eq!(render(template, &limits(6)).unwrap(), "abcabc");
    assert_eq!(render(template, &limits(5)), Err(RenderErrorKind::ValueBytes));
    for grows in [
        "#set($s = 'a')#foreach($i in [1..1000])#set($s = $s + $s)#end",
        "#set($s = 'a')#foreach($i in [1..1000])#set($s = \"$s$s\")#end",
        "#set($s = 'a')#foreach($i in [1..1000])#set($s = $s.concat($s))#end",
        "#set($s = 'aa')#foreach($i in [1..1000])#set($s = $s.replace('a', $s))#end",
        "#set($s = 'aa')#foreach($i in [1..1000])#set($s = $s.replaceAll('a', $s))#end",
        "#set($s = 'aa')#foreach($i in [1..1000])#set($s = $s.replaceAll('(a.*)', '$1$1$1$1$1$1$1$1'))#end",
        "#set($s = 'aa')#foreach($i in [1..1000])#set($s = $s.repeat(1000))#end",
        "#foreach($i in [1..1000])#set($s = \"$i\")#set($x = $s.matches(\"$i.*\"))#end",
        "#set($s = 'aa')#foreach($i in [1..1000])#set($s = $util.urlEncode(\"$s%%%\"))#set($s = $s + $s)#end",
        "#set($l = [1])#foreach($i in [1..1000])#set($x = $l.addAll($l))#end",
        "#set($l = [1])#foreach($i in [1..1000])#set($l = [$l, $l])#end$l",
        "#set($m = {'a': 1})#foreach($i in [1..1000])#foreach($j in [1..1000])#set($x = $m.put(\"$i$j\", $m))#end#end",
        "#set($r = [1..2147483647])",
    ] {
        let limits = RenderLimits { steps: 500_000, value_bytes: 8 << 20, ..RenderLimits::default() };
        let error = render(grows, &limits).unwrap_err();
        let is_bound = matches!(
            error,
            RenderErrorKind::ValueBytes
                | RenderErrorKind::Steps
                | RenderErrorKind::OutputBytes
                | RenderErrorKind::ValueDepth
        );
        assert!(is_bound, "{grows}: {error:?}");
    }
}

#[test]
fn depth_of_values() {
    let limits = RenderLimits { value_depth: 4, ..RenderLimits::default() };
    let list = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let object = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    for template in ["$input.path('$')", "$input.json('$')", "$util.parseJson($input.body)"] {
        assert_eq!(render_body(template, &list(4), &limits).unwrap(), list(4), "{template}");
        assert!(render_body(template, &object(4), &limits).is_ok(), "{template}");
        for past in [list(5), object(5), list(10_000), object(10_000), "[".repeat(1_000_000)] {
            let error = render_body(template, &past, &limits);
            assert_eq!(error, Err(RenderErrorKind::ValueDepth), "{template}");
        }
    }
}

#[test]
fn deep_values_need_little_stack() {
    on_small_stack(|| {
        let deep = "#set($v = 1)#foreach($i in [1..1000])#foreach($j in [1..20])#set($v = [$v])#end#end";
        for use_of_it in
            ["$v", "#if($v == [$v])#end", "$v.contains($v)", "#set($s = \"$v\")", "$v.toString()"]
        {
            let found = render(&format!("{deep}{use_of_it}"), &RenderLimits::default());
            assert_eq!(found, Err(RenderErrorKind::ValueDepth), "{use_of_it}");
        }
        assert_eq!(render(deep, &RenderLimits::default()).unwrap(), "");
        let deepest = "#set($v = 1)#foreach($i in [1..256])#set($v = {1: $v})#end";
        for use_of_it in ["$v", "#if($v == $v)#end", "#set($context.requestOverride.path.v = [])$v"] {
            assert!(
                render(&format!("{deepest}{use_of_it}"), &RenderLimits::default()).is_ok(),
                "{use_of_it}"
            );
        }
        let parked = format!("{deep}#set($context.requestOverride.path.v = $v)");
        assert_eq!(render(&parked, &RenderLimits::default()), Err(RenderErrorKind::ValueDepth));
        let body = format!("{}{}", "[".repeat(256), "]".repeat(256));
        assert_eq!(render_body("$input.json('$')", &body, &RenderLimits::default()).unwrap(), body);
    });
}

#[test]
fn cycles_end() {
    on_small_stack(|| {
        for (make, kind) in [
            ("#set($l = [1])#set($x = $l.add($l))$l", RenderErrorKind::ValueDepth),
            ("#set($m = {})#set($m.m = $m)$m", RenderErrorKind::ValueDepth),
            ("#set($m = {})#set($m.m = $m)$m.toString()", RenderErrorKind::ValueDepth),
            (
                "#set($l = [])#set($x = $l.add($l))#set($k = [])#set($x = $k.add($k))#if($l == $k)#end",
                RenderErrorKind::ValueDepth,
            ),
            ("#set($m = $input.path('$'))#set($m.m = $m)$input.json('$')", RenderErrorKind::ValueDepth),
            (
                "#set($m = {})#set($m.m = $m)#set($context.responseOverride.header.x = $m)",
                RenderErrorKind::ValueDepth,
            ),
        ] {
            assert_eq!(render(make, &RenderLimits::default()), Err(kind), "{make}");
        }
        let everywhere = "#set($m = $input.path('$'))#set($m.m = $m)$input.json('$..x')";
        let limits = RenderLimits { steps: 100_000, ..RenderLimits::default() };
        let found = render(everywhere, &limits).unwrap_err();
        assert!(matches!(found, RenderErrorKind::Steps | RenderErrorKind::ValueBytes), "{found:?}");
    });
}

#[test]
fn bytes_of_a_regular_expression() {
    let template = "#set($p = 'a{1000}{10}')#set($s = 'a')$s.matches($p)";
    assert_eq!(render(template, &RenderLimits::default()), Err(RenderErrorKind::Regex));
    let limits = RenderLimits { regex_bytes: 16 << 20, ..RenderLimits::default() };
    assert_eq!(render(template, &limits).unwrap(), "false");
    let literal = "#set($s = 'a')$s.matches('a{1000}{10}')";
    assert_eq!(render(literal, &RenderLimits::default()), Err(RenderErrorKind::Regex));
    let limits = ParseLimits { regex_bytes: 16 << 20, ..ParseLimits::default() };
    let template = parse(literal, &limits).unwrap();
    assert_eq!(template.render(&Body(""), &RenderLimits::default()).unwrap().text, "false");
}

#[test]
fn size_of_a_path() {
    let path = |names: usize| format!("$input.path('${}')|", ".a".repeat(names));
    assert_eq!(render(&path(128), &RenderLimits::default()).unwrap(), "|");
    assert_eq!(render(&path(129), &RenderLimits::default()), Err(RenderErrorKind::JsonPath));
    let path = |length: usize| format!("$input.path('$.{}')|", "a".repeat(length - 2));
    assert_eq!(render(&path(4096), &RenderLimits::default()).unwrap(), "|");
    assert_eq!(render(&path(4097), &RenderLimits::default()), Err(RenderErrorKind::JsonPath));
    let nested =
        |depth: usize| format!("$input.path('$[?({}@.a{})]')|", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(render(&nested(15), &RenderLimits::default()).unwrap(), "[]|");
    assert_eq!(render(&nested(16), &RenderLimits::default()), Err(RenderErrorKind::JsonPath));
}

#[test]
fn places_are_those_of_the_template() {
    let error = parse("a\nbé #if(true)\n  $x[\n", &ParseLimits::default()).unwrap_err();
    assert_eq!((error.place.line, error.place.column), (4, 1), "{error}");
    let template = parse("a\n  é $l.x #set($l = [1])\n $l.get(5)", &ParseLimits::default()).unwrap();
    let error = template.render(&Body(""), &RenderLimits::default()).unwrap_err();
    assert_eq!(error.to_string(), "line 3, column 2: found the index 5, expected one within 1 elements");
    assert_eq!(error.kind, RenderErrorKind::Index);
}

#[test]
fn nothing_is_computed_that_is_not_asked_for() {
    struct Reluctant;
    impl Source for Reluctant {
        fn body(&self) -> &str {
            panic!("the body was asked for")
        }
    }
    let template =
        parse("#set($a = 1)$a $context.stage $input.params('x')", &ParseLimits::default()).unwrap();
    assert_eq!(template.render(&Reluctant, &RenderLimits::default()).unwrap().text, "1  ");
}

#[test]
fn a_template_may_be_shared() {
    fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Template>();
}
