//! `web.config`: the sections that IIS lets a folder decide for itself.

use super::sections::{Place, locations, web_server};
use super::xml::Element;
use crate::model::Deployment;
use crate::template::provenance;
use crate::tree::Tree;

pub(super) fn emit(deployment: &Deployment, tree: &mut Tree) {
    let below = locations(deployment, Place::WebConfig).into_iter();
    let below = below.map(|(path, sections)| Element::new("location").with("path", path).child(sections));
    let root = Element::new("configuration").child(web_server(deployment)).children(below);
    tree.insert("web.config", root.document(&provenance(deployment)));
}
