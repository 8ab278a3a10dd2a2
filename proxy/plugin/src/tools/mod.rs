//! What plugins have the node do for them at native speed: hashes, signatures, finding patterns.

pub(crate) mod crypto;
pub(crate) mod matching;

use serde::{Deserialize, Serialize};

use crypto::PublicKey;
use matching::{Room, Set};

/// Sets and keys that one plugin or one instance may have made.
pub(crate) const TOOLS: usize = 256;

/// Sets and public keys that a plugin has made, by their numbers.
#[derive(Debug)]
pub(crate) struct Toolbox {
    sets: Vec<Set>,
    keys: Vec<PublicKey>,
    recipe: Recipe,
    room: Room,
}

/// What a toolbox was made from, so that it can be made again without asking the plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recipe {
    sets: Vec<SetRecipe>,
    keys: Vec<String>,
}

/// One set's members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum SetRecipe {
    Patterns(Vec<String>),
    Literals(Vec<Vec<u8>>, bool),
}

impl Toolbox {
    /// An empty one for what a plugin makes at deployment.
    pub(crate) const fn of_plugin() -> Self {
        Self::with(Room::CONFIGURE)
    }

    /// An empty one for what an instance makes while it serves.
    pub(crate) const fn of_instance() -> Self {
        Self::with(Room::REQUEST)
    }

    const fn with(room: Room) -> Self {
        let recipe = Recipe { sets: Vec::new(), keys: Vec::new() };
        Self { sets: Vec::new(), keys: Vec::new(), recipe, room }
    }

    /// The same tools again.
    ///
    /// # Errors
    /// When the recipe was not made by a toolbox of this version.
    pub(crate) fn from_recipe(recipe: &Recipe) -> Result<Self, String> {
        let mut toolbox = Self::of_plugin();
        for set in &recipe.sets {
            match set.clone() {
                SetRecipe::Patterns(patterns) => toolbox.add_patterns(patterns)?,
                SetRecipe::Literals(literals, ignore_case) => toolbox.add_literals(literals, ignore_case)?,
            };
        }
        for key in &recipe.keys {
            toolbox.add_key(key.clone())?;
        }
        Ok(toolbox)
    }

    pub(crate) fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Compiles patterns; the number is the set's place in this toolbox.
    pub(crate) fn add_patterns(&mut self, patterns: Vec<String>) -> Result<usize, String> {
        room(self.sets.len(), "sets")?;
        self.sets.push(Set::patterns(&patterns, &mut self.room)?);
        self.recipe.sets.push(SetRecipe::Patterns(patterns));
        Ok(self.sets.len() - 1)
    }

    /// Compiles literal texts.
    pub(crate) fn add_literals(
        &mut self,
        literals: Vec<Vec<u8>>,
        ignore_case: bool,
    ) -> Result<usize, String> {
        room(self.sets.len(), "sets")?;
        self.sets.push(Set::literals(&literals, ignore_case, &mut self.room)?);
        self.recipe.sets.push(SetRecipe::Literals(literals, ignore_case));
        Ok(self.sets.len() - 1)
    }

    /// Reads a public key.
    pub(crate) fn add_key(&mut self, key: String) -> Result<usize, String> {
        room(self.keys.len(), "keys")?;
        self.keys.push(PublicKey::read(&key)?);
        self.recipe.keys.push(key);
        Ok(self.keys.len() - 1)
    }

    pub(crate) fn sets(&self) -> &[Set] {
        &self.sets
    }

    pub(crate) fn keys(&self) -> &[PublicKey] {
        &self.keys
    }
}

fn room(have: usize, what: &str) -> Result<(), String> {
    if have < TOOLS { Ok(()) } else { Err(format!("a plugin may have {TOOLS} {what}, and this is one more")) }
}
