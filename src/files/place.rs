//! Where a file or a folder of ours goes: an open folder and a name in it.
//!
//! What enters: a path as somebody wrote it. What leaves: the place that it leads to, through links that an
//! administrator meant
//! and no others: a link counts where it belongs to root or the administrators, to this user, or to whom the place belongs,
//! who could write there without it. Absent: what is written there.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::refused::{foreign_link, named, no_plain_file, open_folder};
use super::system::{Folder, Owner, is_trusted, shown};
use super::{Found, Kind, Reach};

/// As many links as Linux follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// What becomes of folders that are missing on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// They are an error.
    Refused,
    /// They are made as any other folder is.
    Made,
    /// They are made for their maker alone.
    MadePrivate,
    /// So they are, below folders that nobody else may put another in the place of.
    MadeApart,
}

/// A name in an open folder.
#[derive(Debug)]
pub struct Place {
    /// The folder.
    pub folder: Folder,
    /// The name in it, which something has or nothing.
    pub name: OsString,
}

/// A link on the way to a place.
struct Link {
    path: PathBuf,
    owner: Owner,
    /// Whom the folder belongs to that it is in.
    holder: Owner,
    /// Who else may put another link there.
    open_to: Option<String>,
}

impl Place {
    /// The place itself that a path names: a link there is what is there.
    ///
    /// # Errors
    /// Where a folder on the way is missing or cannot be entered, or a link on it is a stranger's.
    pub fn at(path: &Path, missing: Missing) -> io::Result<Self> {
        walk(path, missing, false)
    }

    /// The place behind whatever links the path ends with.
    ///
    /// # Errors
    /// As of [`Place::at`].
    pub fn behind(path: &Path, missing: Missing) -> io::Result<Self> {
        walk(path, missing, true)
    }

    /// Its path, for people.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    /// What is there.
    pub fn found(&self) -> io::Result<Option<Found>> {
        self.folder.look(&self.name).map_err(|error| named(error, &self.path()))
    }
}

fn walk(path: &Path, missing: Missing, follow: bool) -> io::Result<Place> {
    let whole = std::path::absolute(path).map_err(|error| named(error, path))?;
    let mut folder = Folder::top(&whole).map_err(|error| named(error, path))?;
    let (mut left, mut links) = (names(&whole), Vec::new());
    while let Some(name) = left.pop_front() {
        let here = folder.path().join(&name);
        let about = |error| named(error, &here);
        let found = if name == ".." { None } else { folder.look(&name).map_err(about)? };
        if let Some(found) = found.filter(|found| found.kind == Kind::Link && (follow || !left.is_empty())) {
            links.push(link(&folder, &here, found).map_err(about)?);
            if links.len() > MOST_LINKS {
                return Err(about(io::Error::other(
                    "too many links follow one another; name the file itself",
                )));
            }
            let to = folder.link(&name).map_err(about)?;
            if to.has_root() {
                folder = Folder::top(&to).map_err(about)?;
            }
            names(&to).into_iter().rev().for_each(|name| left.push_front(name));
        } else if left.is_empty() && name != ".." {
            let place = Place { folder, name };
            check(&links, &place.folder, place.found()?)?;
            return Ok(place);
        } else {
            folder = match folder.enter(&name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && missing != Missing::Refused => {
                    check(&links, &folder, None)?;
                    if missing == Missing::MadeApart {
                        check_above(&folder)?;
                    }
                    make(&folder, &name, missing).map_err(about)?
                }
                entered => entered.map_err(about)?,
            };
        }
    }
    Err(named(
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "this path does not name a file or a folder; write its full name",
        ),
        path,
    ))
}

/// A folder that is missing on the way.
fn make(folder: &Folder, name: &OsStr, missing: Missing) -> io::Result<Folder> {
    match folder.make(name, matches!(missing, Missing::MadePrivate | Missing::MadeApart)) {
        // Somebody else has made it meanwhile.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => folder.enter(name),
        made => made,
    }
}

fn link(folder: &Folder, path: &Path, found: Found) -> io::Result<Link> {
    let open_to = if folder.keeps_names_apart()? { None } else { folder.open_to(Reach::Here)? };
    Ok(Link { path: path.to_owned(), owner: found.owner, holder: folder.found()?.owner, open_to })
}

/// Holds the links on the way against whom that belongs to which they lead to: what is there, or the folder it
/// will be in.
fn check(links: &[Link], folder: &Folder, found: Option<Found>) -> io::Result<()> {
    if links.is_empty() {
        return Ok(());
    }
    let owner = found.map_or_else(|| folder.found(), Ok)?.owner;
    for link in links {
        let strangers = [&link.owner, &link.holder].into_iter().find(|of| !is_trusted(of) && **of != owner);
        if let Some(stranger) = strangers {
            return Err(named(foreign_link(&shown(stranger)), &link.path));
        }
        if let Some(to) = &link.open_to {
            let folder = link.path.parent().unwrap_or(&link.path);
            return Err(named(open_folder(to), folder));
        }
    }
    Ok(())
}

/// The names that a path consists of, without what it begins at.
fn names(path: &Path) -> VecDeque<OsString> {
    let named = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    });
    named.collect()
}

/// A folder for things that nobody else may put anything into, made where it is missing: cargo runs what lies there.
/// What it is reached
/// by from now on is its own path, which goes through no link.
///
/// # Errors
/// Where it is not a folder, a stranger's, or open to others, or somebody else may put another folder in its place.
pub(crate) fn private_folder(path: &Path) -> io::Result<Folder> {
    let place = Place::behind(path, Missing::MadeApart)?;
    let about = |error| named(error, &place.path());
    let found = place.found()?;
    if found.as_ref().is_some_and(|found| found.kind != Kind::Folder) {
        return Err(about(no_plain_file()));
    }
    // Whoever may put another folder in place of one may do so above, too.
    check_above(&place.folder)?;
    let folder = match found {
        None => make(&place.folder, &place.name, Missing::MadeApart),
        Some(_) => place.folder.enter(&place.name),
    };
    let folder = folder.map_err(about)?;
    closed(&folder, &[], Reach::Below, false).map_err(about)?;
    Ok(folder)
}

/// Nothing where a folder and all above it belong to root or the administrators or to this user, and nobody else may
/// move what is not
/// his in one of them.
fn check_above(folder: &Folder) -> io::Result<()> {
    let mut here = folder.enter(OsStr::new("."))?;
    loop {
        let (owner, about) = (here.found()?.owner, |error| named(error, here.path()));
        if !is_trusted(&owner) {
            return Err(about(open_folder(&shown(&owner))));
        }
        closed(&here, &[], Reach::Here, true).map_err(about)?;
        let above = here.enter(OsStr::new(".."))?;
        if above.found()?.identity == here.found()?.identity {
            return Ok(());
        }
        here = above;
    }
}

/// Nothing where a folder belongs to root or the administrators, to this user or to one of these, and nobody else may
/// put files
/// there in the place of others, or as far as is asked. `apart` is for files that stand by themselves: where
/// everybody moves his own
/// files alone, as in /tmp, they are safe.
pub(crate) fn closed(folder: &Folder, besides: &[Owner], reach: Reach, apart: bool) -> io::Result<()> {
    let owner = folder.found()?.owner;
    if !is_trusted(&owner) && !besides.contains(&owner) {
        return Err(super::refused::foreign(&shown(&owner)));
    }
    match folder.open_to(reach)? {
        Some(to) if !apart || !folder.keeps_names_apart()? => Err(open_folder(&to)),
        _ => Ok(()),
    }
}
