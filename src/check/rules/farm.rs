//! A web farm: its nodes must share certain settings, and what the front does to a request must fit.

use super::Rule;
use crate::check::context::Context;
use crate::check::sound::FrontNames;
use crate::defaults;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::spec::{
    DatabaseKindSpec, FarmSpec, HostName, IdentityTypeSpec, ModeSpec, NodeSpec, Pointer, Unread, pointer,
};

pub(super) const RULES: &[Rule] = &[
    database_without_server,
    |context, problems| with_farm(context, problems, few_nodes),
    |context, problems| with_farm(context, problems, same_node),
    |context, problems| with_farm(context, problems, database_of_its_own),
    |context, problems| with_farm(context, problems, local_repositories),
    |context, problems| with_farm(context, problems, front_without_host_name),
    |context, problems| with_farm(context, problems, identity_of_one_machine),
    |context, problems| with_farm(context, problems, front_not_trusted),
    |context, problems| with_farm(context, problems, node_listens_elsewhere),
];

type FarmRule = fn(&Context<'_>, &FarmSpec, &mut Vec<Diagnostic>);

fn with_farm(context: &Context<'_>, problems: &mut Vec<Diagnostic>, rule: FarmRule) {
    if let Some(farm) = &context.spec.farm {
        rule(context, farm, problems);
    }
}

/// Where a key is, or what is missing because of the farm.
fn place(context: &Context<'_>, pointer: Pointer) -> Span {
    context.span(if context.written(pointer.section()) { pointer } else { pointer!(farm) })
}

fn database_without_server(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(database) = &context.spec.kallithea.database else { return };
    let is_written = context.written(pointer!(kallithea.database?.server));
    if database.kind != DatabaseKindSpec::Sqlite && !is_written {
        let span = context.span(pointer!(kallithea.database?.kind));
        problems.push(
            Diagnostic::new(Code::MissingKey, span, "a database server needs `server`")
                .help("add the machine that runs it, for example `server: db.corp.example.com`"),
        );
    }
}

fn few_nodes(context: &Context<'_>, farm: &FarmSpec, problems: &mut Vec<Diagnostic>) {
    if farm.nodes.len() < 2 && context.written(pointer!(farm?.nodes)) {
        let message = match farm.nodes.len() {
            0 => "a farm needs at least two nodes, and this one has none",
            _ => "a farm needs at least two nodes, and this one has one",
        };
        problems.push(
            Diagnostic::new(Code::FarmNodes, context.span(pointer!(farm?.nodes)), message)
                .help("add nodes until there are two or more, or remove `farm`"),
        );
    }
}

fn same_node(context: &Context<'_>, farm: &FarmSpec, problems: &mut Vec<Diagnostic>) {
    for (index, node) in farm.nodes.iter().enumerate() {
        for (pointer_of, of) in [
            (
                (|index| pointer!(farm?.nodes[index].name)) as fn(usize) -> Pointer,
                (|node| &node.name) as fn(&NodeSpec) -> &str,
            ),
            (|index| pointer!(farm?.nodes[index].address), |node| &node.address),
        ] {
            let earlier =
                farm.nodes[..index].iter().position(|other| of(other).eq_ignore_ascii_case(of(node)));
            let Some(first) = earlier.filter(|_| !of(node).is_empty()) else { continue };
            let pointer = pointer_of(index);
            let message = format!("two nodes have the same {}, `{}`", pointer.key(), of(node));
            problems.push(
                Diagnostic::new(Code::FarmNodes, context.span(&pointer), message)
                    .related(context.span(pointer_of(first)), "the first")
                    .help("give each node a value of its own"),
            );
        }
    }
}

fn database_of_its_own(context: &Context<'_>, _: &FarmSpec, problems: &mut Vec<Diagnostic>) {
    let (pointer, message) = match &context.spec.kallithea.database {
        None => (pointer!(farm), "all nodes of a farm must use one database, and the spec does not name one"),
        Some(database) if database.kind == DatabaseKindSpec::Sqlite => (
            pointer!(kallithea.database?.kind),
            "SQLite works on one machine only: on a share its locks fail and the database is corrupted",
        ),
        Some(_) => return,
    };
    problems.push(Diagnostic::new(Code::FarmDatabase, context.span(&pointer), message).help(
        "write `kallithea.database` with `kind: postgresql` or `mysql`, and `server`; you type the password \
         on the nodes",
    ));
}

fn local_repositories(context: &Context<'_>, _: &FarmSpec, problems: &mut Vec<Diagnostic>) {
    let path = &context.spec.kallithea.repositories;
    if !path.is_empty() && !path.is_on_a_share() && !path.is_on_a_cluster() {
        let message = format!("every node has its own `{path}`, so a push would reach only one of them");
        problems.push(
            Diagnostic::new(Code::FarmRepositories, context.span(pointer!(kallithea.repositories)), message)
                .help(r"write the path of a share, such as \\files\repositories; mapped drive letters exist only for signed-on users"),
        );
    }
}

/// The names of the front's site and pool. They are the farm's name with a suffix. The farm is named for outputs, so this
/// name can be longer than IIS accepts for a pool.
pub(super) fn front_names(
    context: &Context<'_>,
    farm: &FarmSpec,
    problems: &mut Vec<Diagnostic>,
) -> Option<FrontNames> {
    let name = Some(defaults::farm_name(context.spec, farm)).filter(|name| !name.is_empty())?;
    let name = format!("{name} front");
    let names = name
        .parse()
        .map_err(Unread::Site)
        .and_then(|site| Ok(FrontNames { site, pool: name.parse().map_err(Unread::Pool)? }));
    match names {
        Ok(names) => Some(names),
        Err(why) => {
            let message =
                format!("the front's application pool is called after the farm, and `{name}` {why}");
            let span = place(context, pointer!(farm?.name));
            let help = "give the farm a `name` of at most 58 letters";
            problems.push(Diagnostic::new(Code::BadPoolName, span, message).help(help));
            None
        }
    }
}

/// The global rule selects requests by host name; without a host name it would also take the requests of every other site.
fn front_without_host_name(context: &Context<'_>, farm: &FarmSpec, problems: &mut Vec<Diagnostic>) {
    let help =
        "add the name that users type and that leads to the front: `hostName: kallithea.corp.example.com`";
    if farm.front.bindings.is_empty() && !context.written(pointer!(farm?.front.bindings[0])) {
        let message = "the front has no binding";
        problems.push(
            Diagnostic::new(Code::FarmHostName, context.span(pointer!(farm?.front.bindings)), message)
                .help(help),
        );
    }
    for (index, binding) in farm.front.bindings.iter().enumerate() {
        if binding.host_name.is_any() || binding.host_name.is_wildcard() {
            let span = context.span(pointer!(farm?.front.bindings[index].host_name));
            let message = "without a host name the front cannot tell Kallithea's requests from others";
            problems.push(Diagnostic::new(Code::FarmHostName, span, message).help(help));
        }
    }
}

/// A Kerberos ticket is issued for the farm's name, and only the account that owns this name can read it.
fn identity_of_one_machine(context: &Context<'_>, _: &FarmSpec, problems: &mut Vec<Diagnostic>) {
    let pool = &context.spec.application_pool;
    let kind = pool.identity.as_ref().map(|identity| identity.r#type).unwrap_or_default();
    let windows = context.spec.authentication.mode == ModeSpec::Windows;
    if windows && !pool.existing && kind != IdentityTypeSpec::SpecificUser {
        let kind = kind.as_iis();
        let message = format!(
            "`{kind}` is a different account on each node, and none can read the Kerberos tickets of the \
             others"
        );
        problems.push(
            Diagnostic::new(Code::FarmIdentity, place(context, pointer!(application_pool.identity?.r#type)), message).help(
                r"set `applicationPool.identity` to `type: SpecificUser` and a domain account, best a group managed service account: `userName: CORP\kallithea$`",
            ),
        );
    }
}

fn front_not_trusted(context: &Context<'_>, _: &FarmSpec, problems: &mut Vec<Diagnostic>) {
    if context.spec.bridge.trusted_proxies.is_empty() && !context.written(pointer!(bridge.trusted_proxies[0]))
    {
        let message = "the nodes do not trust the front, and would log every client as 0.0.0.0";
        problems.push(
            Diagnostic::new(Code::FarmProxy, place(context, pointer!(bridge.trusted_proxies)), message)
                .help("add the address from which the front reaches the nodes to `bridge.trustedProxies`"),
        );
    }
}

/// The front passes on the client's host name, and every node has the same bindings.
fn node_listens_elsewhere(context: &Context<'_>, farm: &FarmSpec, problems: &mut Vec<Diagnostic>) {
    let bindings = &context.spec.site.bindings;
    if context.spec.site.existing || bindings.is_empty() {
        return;
    }
    let port = defaults::node_port(context.spec, farm);
    let asked = |name: &HostName| farm.front.bindings.iter().any(|front| front.host_name.is_same(name));
    let fits = bindings.iter().any(|binding| {
        binding.protocol == farm.node_protocol
            && defaults::port(binding) == port
            && (binding.host_name.is_any() || asked(&binding.host_name))
    });
    if !fits {
        let protocol = farm.node_protocol.as_iis();
        let message = format!(
            "the front connects to the nodes by {protocol} on port {port}, and no binding of the site \
             accepts the front's host names there"
        );
        problems.push(
            Diagnostic::new(Code::FarmAddress, context.span(pointer!(site.bindings)), message).help(
                "add such a binding to the site, without a host name or with the front's; or change \
                    `farm.nodeProtocol` and `farm.nodePort`",
            ),
        );
    }
    for (index, binding) in bindings.iter().enumerate().filter(|(_, binding)| !binding.ip_address.is_every())
    {
        let message = format!("only one node can have the address {}", binding.ip_address);
        let span = context.span(pointer!(site.bindings[index].ip_address));
        problems.push(
            Diagnostic::new(Code::FarmAddress, span, message)
                .help("remove it; all nodes share this spec and listen on all their addresses"),
        );
    }
}
