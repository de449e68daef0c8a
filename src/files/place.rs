//! The place of a file or a folder: an open folder and a name in it.
//!
//! What enters: a path as a user wrote it. What leaves: the place that it leads to. A link on the way is followed only if it
//! belongs to root or the administrators, to this user, or to the owner of its target, who can write there without a link.
//! Absent: what is written there.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::refused::{foreign_link, named, no_plain_file, open_folder};
use super::system::{Folder, Owner, is_trusted, shown};
use super::{Found, Kind, Reach};

/// The number of links that Linux follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// What to do about missing folders on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// They are an error.
    Refused,
    /// They are created with the usual rights.
    Made,
    /// They are created for this user alone.
    MadePrivate,
    /// The same, but only below folders that nobody else can replace.
    MadeApart,
}

/// A name in an open folder.
#[derive(Debug)]
pub struct Place {
    /// The folder.
    pub folder: Folder,
    /// The name in it; a file of that name need not exist.
    pub name: OsString,
}

/// A link on the way to a place.
struct Link {
    path: PathBuf,
    owner: Owner,
    /// The owner of the folder that it is in.
    holder: Owner,
    /// Who else may replace it.
    open_to: Option<String>,
}

impl Place {
    /// The place that a path names. A link at its end is not followed.
    ///
    /// # Errors
    /// If a folder on the way is missing or cannot be entered, or a link on the way belongs to another user.
    pub fn at(path: &Path, missing: Missing) -> io::Result<Self> {
        walk(path, missing, false)
    }

    /// The place that a path leads to, through links at its end, too.
    ///
    /// # Errors
    /// See [`Place::at`].
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

/// Creates a missing folder on the way.
fn make(folder: &Folder, name: &OsStr, missing: Missing) -> io::Result<Folder> {
    match folder.make(name, matches!(missing, Missing::MadePrivate | Missing::MadeApart)) {
        // Another program has created it in the meantime.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => folder.enter(name),
        made => made,
    }
}

fn link(folder: &Folder, path: &Path, found: Found) -> io::Result<Link> {
    let open_to = if folder.keeps_names_apart()? { None } else { folder.open_to(Reach::Here)? };
    Ok(Link { path: path.to_owned(), owner: found.owner, holder: folder.found()?.owner, open_to })
}

/// Checks the links on the way against the owner of their target: of the existing file, or of the folder that it will be
/// in.
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

/// The names that a path consists of, without its root.
fn names(path: &Path) -> VecDeque<OsString> {
    let named = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    });
    named.collect()
}

/// Opens a folder that nobody else may write to, or creates it. Its path then goes through no link.
///
/// # Errors
/// If it is not a folder, belongs to another user, or is open to others, or if another user can replace it.
pub fn private_folder(path: &Path) -> io::Result<Folder> {
    let place = Place::behind(path, Missing::MadeApart)?;
    let about = |error| named(error, &place.path());
    let found = place.found()?;
    if found.as_ref().is_some_and(|found| found.kind != Kind::Folder) {
        return Err(about(no_plain_file()));
    }
    // If others can replace a folder above, they can also replace this one.
    check_above(&place.folder)?;
    let folder = match found {
        None => make(&place.folder, &place.name, Missing::MadeApart),
        Some(_) => place.folder.enter(&place.name),
    };
    let folder = folder.map_err(about)?;
    closed(&folder, &[], Reach::Below, false).map_err(about)?;
    Ok(folder)
}

/// Checks that a folder and all folders above it belong to root, the administrators or this user, and that nobody else can
/// move entries of others in them.
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

/// Checks that a folder belongs to root, the administrators, this user or one of `besides`, and that nobody else has the
/// right that `reach` names. With `apart` a folder is also accepted if each user can move only their own entries, as in /tmp:
/// that is enough for a file that needs no other file beside it.
pub fn closed(folder: &Folder, besides: &[Owner], reach: Reach, apart: bool) -> io::Result<()> {
    let owner = folder.found()?.owner;
    if !is_trusted(&owner) && !besides.contains(&owner) {
        return Err(super::refused::foreign(&shown(&owner)));
    }
    match folder.open_to(reach)? {
        Some(to) if !apart || !folder.keeps_names_apart()? => Err(open_folder(&to)),
        _ => Ok(()),
    }
}
