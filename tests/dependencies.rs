//! The rules of `deny.toml`, applied to what `Cargo.lock` names, for every platform and feature.
//!
//! `cargo deny` applies the same file where there is a network. Advisories are its task alone: their database
//! cannot be had offline.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, ParseMode};

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A package of the lock file.
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// Where it is from; absent for packages of this repository.
    source: Option<String>,
}

impl Package {
    fn id(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

fn packages() -> Vec<Package> {
    let cargo = ["metadata", "--locked", "--all-features", "--format-version", "1"];
    let printed = crate::consumers::run(
        Command::new(env!("CARGO")).args(cargo).current_dir(Path::new(env!("CARGO_MANIFEST_DIR"))),
    );
    let metadata: Value = serde_json::from_str(&printed).unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let package = |package: &Value| Package {
        name: text(&package["name"]).unwrap(),
        version: text(&package["version"]).unwrap(),
        license: text(&package["license"]),
        source: text(&package["source"]),
    };
    let packages: Vec<Package> = metadata["packages"].as_array().unwrap().iter().map(package).collect();
    assert!(packages.len() > 100, "the lock file names {} packages", packages.len());
    packages
}

fn rules() -> toml::Table {
    include_str!("../deny.toml").parse().unwrap()
}

/// The texts of a list in `deny.toml`.
fn list(rules: &toml::Table, section: &str, name: &str) -> Vec<toml::Value> {
    rules[section][name].as_array().unwrap().clone()
}

/// Why packages with these licenses are refused, and which allowed licenses none of them needs.
fn license_faults(packages: &[Package], allowed: &BTreeSet<String>) -> Vec<String> {
    let (mut faults, mut used) = (Vec::new(), BTreeSet::new());
    for package in packages {
        let Some(license) = &package.license else {
            faults.push(format!("{} names no license", package.id()));
            continue;
        };
        let expression = Expression::parse_mode(license, ParseMode::LAX).unwrap();
        let mut needed = BTreeSet::new();
        let passes = expression.evaluate(|requirement| {
            let name = requirement.to_string();
            let known = allowed.contains(&name);
            needed.extend(known.then_some(name));
            known
        });
        if passes {
            used.extend(needed);
        } else {
            faults.push(format!("{}: `{license}` is not allowed", package.id()));
        }
    }
    faults.extend(allowed.difference(&used).map(|unused| format!("no package needs `{unused}`")));
    faults
}

#[test]
fn every_license_is_allowed_and_every_allowed_license_is_needed() {
    let allowed = list(&rules(), "licenses", "allow");
    let allowed = allowed.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    let faults = license_faults(&packages(), &allowed);
    assert!(faults.is_empty(), "see [licenses] in deny.toml: {faults:#?}");
}

#[test]
fn an_unknown_license_is_refused() {
    let package = |license: Option<&str>| Package {
        name: "p".to_owned(),
        version: "1.0.0".to_owned(),
        license: license.map(str::to_owned),
        source: None,
    };
    let allowed = || BTreeSet::from(["MIT".to_owned()]);
    for (license, fault) in [
        (Some("MIT"), None),
        (Some("GPL-3.0-only/MIT"), None),
        (Some("Apache-2.0 WITH LLVM-exception OR MIT"), None),
        (Some("MIT AND GPL-3.0-only"), Some("p@1.0.0: `MIT AND GPL-3.0-only` is not allowed")),
        (Some("AGPL-3.0-only"), Some("p@1.0.0: `AGPL-3.0-only` is not allowed")),
        (None, Some("p@1.0.0 names no license")),
    ] {
        let faults = license_faults(&[package(license), package(Some("MIT"))], &allowed());
        assert_eq!(faults, fault.map(str::to_owned).into_iter().collect::<Vec<_>>());
    }
    assert_eq!(license_faults(&[], &allowed()), ["no package needs `MIT`"]);
}

#[test]
fn every_package_is_from_the_registry() {
    let rules = rules();
    for name in ["unknown-registry", "unknown-git"] {
        assert_eq!(rules["sources"][name].as_str(), Some("deny"));
    }
    let elsewhere: Vec<String> = packages()
        .iter()
        .filter(|package| package.source.as_deref().is_some_and(|source| source != REGISTRY))
        .map(Package::id)
        .collect();
    assert!(elsewhere.is_empty(), "not from crates.io: {elsewhere:?}");
}

/// Of each package one version is built, except for those that `deny.toml` gives a reason for.
#[test]
fn every_second_version_has_a_reason() {
    let rules = rules();
    let reasons: BTreeMap<String, String> = list(&rules, "bans", "skip")
        .iter()
        .map(|skip| (skip["crate"].as_str().unwrap().to_owned(), skip["reason"].as_str().unwrap().to_owned()))
        .collect();
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages() {
        versions.entry(package.name.clone()).or_default().insert(package.id());
    }
    let repeated = versions.values().filter(|versions| versions.len() > 1);
    let mut unknown: Vec<String> = Vec::new();
    for versions in repeated.clone() {
        let free: Vec<&String> = versions.iter().filter(|id| !reasons.contains_key(*id)).collect();
        unknown.extend((free.len() > 1).then(|| format!("{free:?}")));
    }
    assert!(unknown.is_empty(), "several versions; update one, or give a reason in deny.toml: {unknown:#?}");
    let built: BTreeSet<&String> = repeated.flatten().collect();
    let stale: Vec<&String> = reasons.keys().filter(|id| !built.contains(id)).collect();
    assert!(stale.is_empty(), "no longer built twice; remove from deny.toml: {stale:?}");
}
