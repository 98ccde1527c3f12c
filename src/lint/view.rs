//! What a rule looks at: a certificate's fields, the extensions that many rules ask for, and what it is for.

use super::value::{self, GeneralName};
use super::{Concerns, Context};
use crate::certificate::{
    Attribute, BasicConstraints, Certificate, Extension, Fields, KeyUsage, object_identifier as oid,
};
use crate::error::Result;
use crate::key::describe_public_key;
use crate::name::Quoted;
use crate::profile::Profile;

/// A certificate as rules see it. What cannot be read is absent here; `extensions-readable` speaks of it.
#[derive(Debug)]
pub struct View<'a> {
    pub(super) fields: Fields<'a>,
    pub(super) profile: Option<Profile>,
    pub(super) issuer: Option<&'a Certificate>,
    /// The key's algorithm, as [`describe_public_key`] names it.
    pub(super) key: String,
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) purposes: Vec<String>,
    pub(super) alt_names: Vec<GeneralName<'a>>,
}

impl<'a> View<'a> {
    /// Looks at a certificate in DER.
    ///
    /// # Errors
    /// Refuses what is not of a certificate's frame.
    pub fn of(der: &'a [u8], context: Context<'a>) -> Result<Self> {
        let fields = Fields::of(der)?;
        let value = |oid| found(&fields, oid).map(|extension| extension.value);
        Ok(Self {
            profile: context.profile,
            issuer: context.issuer,
            key: describe_public_key(fields.public_key),
            basic_constraints: value(oid::BASIC_CONSTRAINTS).and_then(value::basic_constraints),
            key_usage: value(oid::KEY_USAGE).and_then(value::key_usage),
            purposes: value(oid::EXTENDED_KEY_USAGE)
                .and_then(value::object_identifiers)
                .unwrap_or_default(),
            alt_names: value(oid::SUBJECT_ALT_NAME)
                .and_then(value::general_names)
                .unwrap_or_default(),
            fields,
        })
    }

    /// The extension with this object identifier, the first where there are several.
    pub(super) fn extension(&self, oid: &str) -> Option<&Extension<'a>> {
        found(&self.fields, oid)
    }

    /// All extensions.
    pub(super) fn extensions(&self) -> &[Extension<'a>] {
        self.fields.extensions.as_deref().unwrap_or_default()
    }

    /// The SubjectAltNames of one kind.
    pub(super) fn alt_names(&self, tag: u8) -> impl Iterator<Item = &[u8]> {
        let of_it = self.alt_names.iter().filter(move |name| name.tag == tag);
        of_it.map(|name| name.contents)
    }

    /// The subject's attributes of this type.
    pub(super) fn attributes<'b>(
        &'b self,
        oid: &'b str,
    ) -> impl Iterator<Item = &'b Attribute<'a>> {
        let subject = self.fields.subject.iter();
        subject.filter(move |attribute| attribute.oid == oid)
    }

    /// Says whether it is a CA: by its profile, where that is known, or as basicConstraints say.
    pub(super) fn is_authority(&self) -> bool {
        match self.profile {
            Some(profile) => profile.is_authority(),
            None => self.basic_constraints.is_some_and(|it| it.ca),
        }
    }

    pub(super) fn has_purpose(&self, purpose: &str) -> bool {
        self.purposes.iter().any(|it| it == purpose)
    }

    /// Says whether it is an end entity of this profile, or where that is not known has this purpose.
    fn is_for(&self, asked: impl Fn(Profile) -> bool, purpose: &str) -> bool {
        match self.profile {
            Some(profile) => asked(profile),
            None => !self.is_authority() && self.has_purpose(purpose),
        }
    }

    pub(super) fn is_server(&self) -> bool {
        self.is_for(|profile| profile == Profile::Server, oid::SERVER_AUTH)
    }

    pub(super) fn is_client(&self) -> bool {
        self.is_for(Profile::is_client, oid::CLIENT_AUTH)
    }

    pub(super) fn is_concerned(&self, concerns: Concerns) -> bool {
        match concerns {
            Concerns::Every => true,
            Concerns::Authority => self.is_authority(),
            Concerns::EndEntity => !self.is_authority(),
            Concerns::Server => self.is_server(),
            Concerns::ServerOrClient => self.is_server() || self.is_client(),
            Concerns::OcspResponder => self.is_for(
                |profile| profile == Profile::OcspResponder,
                oid::OCSP_SIGNING,
            ),
        }
    }
}

fn found<'b, 'a>(fields: &'b Fields<'a>, oid: &str) -> Option<&'b Extension<'a>> {
    let mut extensions = fields.extensions.iter().flatten();
    extensions.find(|extension| extension.oid == oid)
}

/// What stands in a certificate, quoted in a sentence of ours.
pub(super) fn shown(octets: &[u8]) -> String {
    Quoted(&String::from_utf8_lossy(octets)).to_string()
}
