//! Route tables and the paths that are looked up in them.

use edgewit_model::api::Verb;
use edgewit_plan::router::Builder;

/// Builds a router from lines `VERB /resource/{path}` and, after an empty line, looks up each line as a path.
pub fn route_match(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (resources, paths) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut builder = Builder::default();
    let mut added: Vec<(&str, Verb, usize)> = Vec::new();
    for line in resources.lines() {
        let (verb, path) = line.split_once(' ').unwrap_or(("ANY", line));
        let verb = Verb::ALL.into_iter().find(|known| known.as_str() == verb).unwrap_or(Verb::ANY);
        if let Ok(route) = builder.add(path, &[verb]) {
            added.push((path, verb, route));
        }
    }
    let Ok(router) = builder.build() else { return };
    let find = |path: &str, verb| {
        let Some(found) = router.find(path, Some(verb)) else { return false };
        let (template, _, _) = added[found.route];
        let parameters = template.split('/').filter(|segment| segment.starts_with('{')).count();
        assert_eq!(found.parameters().len(), parameters, "values for the parameters of {template}");
        for index in 0..parameters {
            let value = found.parameter(path, index);
            assert!(value.is_some_and(|value| !value.is_empty()), "an empty parameter: {template} in {path}");
        }
        true
    };
    for (index, (path, verb, route)) in added.iter().enumerate() {
        assert_eq!(*route, index, "routes are numbered as they are added");
        let verb = if *verb == Verb::ANY { Verb::GET } else { *verb };
        assert!(find(&example_path(path), verb), "{path} is not found");
    }
    for path in paths.lines() {
        for verb in [Verb::GET, Verb::POST, Verb::OPTIONS] {
            find(path, verb);
        }
        assert!(router.find(path, None).is_none(), "a method that is none has a route");
    }
}

/// A path that the resource path matches.
pub(crate) fn example_path(resource_path: &str) -> String {
    let example = |segment| if str::starts_with(segment, '{') { "7" } else { segment };
    resource_path.split('/').map(example).collect::<Vec<_>>().join("/")
}
