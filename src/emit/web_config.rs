//! `web.config`: the sections that IIS lets a folder decide for itself.

use super::provenance;
use super::sections::{Place, web_server};
use super::xml::Element;
use crate::model::Deployment;
use crate::tree::Tree;

pub(super) fn emit(deployment: &Deployment, tree: &mut Tree) {
    let root = Element::new("configuration").child(web_server(deployment, Place::WebConfig));
    tree.insert("web.config", root.document(&provenance(deployment)));
}
