//! Intrinsic functions and `${…}` references that a CloudFormation or SAM template left behind.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.
//! Names come from the `parameters` of the configuration: a resource or parameter by its logical
//! name, an attribute as `Name.Attribute`, an export by its name, a condition as `true` or `false`.

use super::ImportOptions;
use super::document::{Node, Position, Value};
use super::resolved::Resolved;
use std::borrow::Cow;
use std::cell::Cell;

/// Bytes that all intrinsic functions of one document may produce together.
/// Nested `Fn::Sub`s multiply their input, so the document's own size is no bound.
const PRODUCED_BYTES: usize = 64 * 1024 * 1024;

/// Why an intrinsic function could not be evaluated at all.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) at: Position,
    pub(super) message: String,
}

/// What a node comes to once intrinsic functions around it are evaluated.
pub(super) enum Outcome<'d> {
    /// The node itself, or the branch that a condition chose.
    Node(Node<'d>),
    /// The text an intrinsic function gave.
    Text(Resolved),
    /// `AWS::NoValue`: as if the entry were not there.
    Nothing,
}

/// Names to values.
pub(super) struct Resolver<'o> {
    options: &'o ImportOptions,
    /// Bytes that may still be produced.
    budget: Cell<usize>,
}

/// Name and argument of the intrinsic function that a node is.
pub(super) fn function(node: Node<'_>) -> Option<(&str, Node<'_>)> {
    if node.len() != 1 || !node.is_mapping() {
        return None;
    }
    let (name, _, argument) = node.entries().next()?;
    (name == "Ref" || name == "Condition" || name.starts_with("Fn::")).then_some((name, argument))
}

impl<'o> Resolver<'o> {
    pub(super) fn new(options: &'o ImportOptions) -> Self {
        Self { options, budget: Cell::new(PRODUCED_BYTES) }
    }

    /// Takes `bytes` from the budget; false when it is spent.
    fn spend(&self, bytes: usize) -> bool {
        let left = self.budget.get().checked_sub(bytes);
        self.budget.set(left.unwrap_or(0));
        left.is_some()
    }

    fn spend_on(&self, node: Node<'_>, bytes: usize) -> Result<(), Unusable> {
        if self.spend(bytes) {
            return Ok(());
        }
        Err(unusable(
            node,
            &format!(
                "the intrinsic functions of this document produce more than {PRODUCED_BYTES} bytes, which is the limit"
            ),
        ))
    }

    /// The value of a parameter or pseudo parameter.
    pub(super) fn lookup(&self, name: &str) -> Option<&'o str> {
        if let Some(value) = self.options.parameters.get(name) {
            return Some(value);
        }
        match name {
            "AWS::Region" => Some(&self.options.region),
            "AWS::AccountId" => Some(&self.options.account_id),
            "AWS::Partition" => Some(&self.options.partition),
            "AWS::URLSuffix" if self.options.partition == "aws-cn" => Some("amazonaws.com.cn"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            _ => None,
        }
    }

    /// `${AWS::Region}`, `${AWS::AccountId}` and `${AWS::Partition}` replaced, as every import does.
    pub(super) fn aws_variables<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains("${AWS::") {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${AWS::") {
            out.push_str(&rest[..start]);
            rest = &rest[start..];
            let value =
                rest.find('}').and_then(|end| self.lookup(&rest[2..end]).map(|value| (value, end + 1)));
            match value {
                Some((value, length)) => {
                    out.push_str(value);
                    rest = &rest[length..];
                }
                None => {
                    out.push_str("${AWS::");
                    rest = &rest["${AWS::".len()..];
                }
            }
        }
        out.push_str(rest);
        Cow::Owned(out)
    }

    /// Every `${Name}` of `text` resolved, first from `local`; `${!Name}` gives `${Name}`,
    /// and `${stageVariables.x}` stays as it is.
    pub(super) fn substitute(&self, text: &str, local: &[(&str, Resolved)]) -> Resolved {
        let mut out = Resolved { text: String::with_capacity(text.len()), missing: Vec::new() };
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            out.text.push_str(&rest[..start]);
            rest = &rest[start..];
            let Some(end) = rest.find('}') else { break };
            let name = &rest[2..end];
            if let Some(literal) = name.strip_prefix('!') {
                out.text.push_str("${");
                out.text.push_str(literal);
                out.text.push('}');
            } else if !is_reference(name) || name.starts_with("stageVariables.") {
                // Not ours: copy the opening only, the rest may hold a reference.
                out.text.push_str("${");
                rest = &rest[2..];
                continue;
            } else if let Some((_, value)) = local.iter().find(|(key, _)| *key == name) {
                if !self.spend(value.text.len()) {
                    break;
                }
                out.append(value.clone());
            } else if let Some(value) = self.lookup(name) {
                out.text.push_str(value);
            } else {
                out.push_missing(name, false);
            }
            rest = &rest[end + 1..];
        }
        out.text.push_str(rest);
        out
    }

    /// Evaluates conditions and functions around a node.
    pub(super) fn outcome<'d>(&self, node: Node<'d>) -> Result<Outcome<'d>, Unusable> {
        match function(node) {
            None => Ok(Outcome::Node(node)),
            Some(("Ref", argument)) if argument.as_str() == Some("AWS::NoValue") => Ok(Outcome::Nothing),
            Some(("Fn::If", argument)) => {
                let branches: Vec<Node<'d>> = argument.items().collect();
                let &[condition, when_true, when_false] = branches.as_slice() else {
                    return Err(unusable(argument, "`Fn::If` needs a list of condition, value and value"));
                };
                let name = condition
                    .as_str()
                    .ok_or_else(|| unusable(condition, "the condition of `Fn::If` must be a name"))?;
                match self.lookup(name) {
                    Some(value) if value.eq_ignore_ascii_case("true") => self.outcome(when_true),
                    Some(value) if value.eq_ignore_ascii_case("false") => self.outcome(when_false),
                    Some(value) => Err(unusable(
                        condition,
                        &format!("the parameter `{name}` is `{value}`, expected `true` or `false`"),
                    )),
                    None => {
                        let mut resolved = Resolved::default();
                        resolved.push_missing(name, true);
                        Ok(Outcome::Text(resolved))
                    }
                }
            }
            Some(_) => self.text(node).map(Outcome::Text),
        }
    }

    /// The text of a scalar or of a function that gives text.
    fn text(&self, node: Node<'_>) -> Result<Resolved, Unusable> {
        let Some((name, argument)) = function(node) else {
            return match node.value() {
                Value::String(text) => Ok(Resolved::of(self.aws_variables(text))),
                Value::Number(text) => Ok(Resolved::of(text.as_ref())),
                Value::Bool(value) => Ok(Resolved::of(value.to_string())),
                _ => Err(unusable(node, &format!("found {}, expected text", node.kind()))),
            };
        };
        match name {
            "Ref" | "Condition" => self.reference(argument, argument.as_str()),
            "Fn::GetAtt" => {
                let parts: Result<Vec<String>, Unusable> = if argument.is_sequence() {
                    argument.items().map(|item| self.text(item).map(|r| r.text)).collect()
                } else {
                    self.text(argument).map(|r| vec![r.text])
                };
                let attribute = parts?.join(".");
                self.reference(argument, Some(&attribute))
            }
            "Fn::ImportValue" => {
                let export = self.text(argument)?.text;
                self.reference(argument, Some(&export))
            }
            "Fn::FindInMap" => {
                let parts: Result<Vec<String>, Unusable> =
                    argument.items().map(|item| self.text(item).map(|r| r.text)).collect();
                let key = parts?.join(".");
                self.reference(argument, Some(&key))
            }
            "Fn::Sub" => self.sub(argument),
            "Fn::Join" => self.join(argument),
            "Fn::Select" => self.select(argument),
            "Fn::If" => match self.outcome(node)? {
                Outcome::Node(chosen) => self.text(chosen),
                Outcome::Text(resolved) => Ok(resolved),
                Outcome::Nothing => Ok(Resolved::default()),
            },
            other => Err(unusable(node, &format!("`{other}` cannot be evaluated outside CloudFormation"))),
        }
    }

    fn reference(&self, at: Node<'_>, name: Option<&str>) -> Result<Resolved, Unusable> {
        let name = name
            .filter(|name| !name.is_empty())
            .ok_or_else(|| unusable(at, &format!("found {}, expected a name", at.kind())))?;
        Ok(match self.lookup(name) {
            Some(value) => Resolved::of(value),
            None => {
                let mut resolved = Resolved::default();
                resolved.push_missing(name, false);
                resolved
            }
        })
    }

    fn sub(&self, argument: Node<'_>) -> Result<Resolved, Unusable> {
        let mut items = argument.items();
        let (text, values) =
            if argument.is_sequence() { (items.next(), items.next()) } else { (Some(argument), None) };
        let template = text.and_then(Node::as_str).ok_or_else(|| {
            unusable(argument, "`Fn::Sub` needs a string, or a list of a string and a mapping")
        })?;
        let mut local = Vec::new();
        for (name, _, value) in values.into_iter().flat_map(Node::entries) {
            local.push((name, self.text(value)?));
        }
        let resolved = self.substitute(template, &local);
        self.spend_on(argument, resolved.text.len())?;
        Ok(resolved)
    }

    fn join(&self, argument: Node<'_>) -> Result<Resolved, Unusable> {
        let mut items = argument.items();
        let (Some(delimiter), Some(list)) = (items.next().and_then(Node::as_str), items.next()) else {
            return Err(unusable(argument, "`Fn::Join` needs a list of a delimiter and a list"));
        };
        let mut out = Resolved::default();
        for (index, part) in self.list(list)?.into_iter().enumerate() {
            if index > 0 {
                out.text.push_str(delimiter);
            }
            out.append(part);
        }
        self.spend_on(argument, out.text.len())?;
        Ok(out)
    }

    fn select(&self, argument: Node<'_>) -> Result<Resolved, Unusable> {
        let mut items = argument.items();
        let (Some(index), Some(list)) = (items.next(), items.next()) else {
            return Err(unusable(argument, "`Fn::Select` needs a list of an index and a list"));
        };
        let index_text = self.text(index)?.text;
        let index_number: usize =
            index_text.parse().map_err(|_| unusable(index, "the index of `Fn::Select` must be a number"))?;
        let mut parts = self.list(list)?;
        // A list with an unresolved part has an unknown shape: what is missing is that part.
        if let Some(position) = parts.iter().position(|part| !part.missing.is_empty())
            && parts.len() == 1
        {
            return Ok(parts.swap_remove(position));
        }
        if index_number >= parts.len() {
            return Err(unusable(
                index,
                &format!("`Fn::Select` asks for item {index_number} of a list of {}", parts.len()),
            ));
        }
        Ok(parts.swap_remove(index_number))
    }

    fn list(&self, node: Node<'_>) -> Result<Vec<Resolved>, Unusable> {
        if let Some(("Fn::Split", argument)) = function(node) {
            let mut items = argument.items();
            let (Some(delimiter), Some(text)) =
                (items.next().and_then(Node::as_str).filter(|d| !d.is_empty()), items.next())
            else {
                return Err(unusable(argument, "`Fn::Split` needs a list of a delimiter and a text"));
            };
            let text = self.text(text)?;
            if !text.missing.is_empty() {
                return Ok(vec![text]);
            }
            return Ok(text.text.split(delimiter).map(Resolved::of).collect());
        }
        if node.is_sequence() {
            return node.items().map(|item| self.text(item)).collect();
        }
        // A parameter of type list is given as comma-separated text.
        let text = self.text(node)?;
        if !text.missing.is_empty() {
            return Ok(vec![text]);
        }
        Ok(text.text.split(',').map(|part| Resolved::of(part.trim())).collect())
    }
}

/// Whether `${name}` can be a reference: `Name`, `Name.Attribute`, `AWS::Region`.
fn is_reference(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b))
}

fn unusable(node: Node<'_>, message: &str) -> Unusable {
    Unusable { at: node.position(), message: message.to_owned() }
}
