/**
 * What zlint and pkilint complain of and we leave as it is, each with its reason. Both know the rules of the public
 * web PKI, of which none of our certificates is part. An exception that nothing needs any more fails the run.
 */
export interface Exception {
  readonly linter: 'zlint' | 'pkilint'
  readonly rule: string
  readonly profiles: readonly string[]
  readonly reason: string
}

const zlint = (rule: string, profiles: readonly string[], reason: string): Exception => ({
  linter: 'zlint',
  rule,
  profiles,
  reason,
})

const CARRIER = 'It only carries a key in the first messages of a device and vouches for nothing.'
const LABEL =
  'RFC 9525 §6.3: no client of ours reads a host from a common name; it is a label for people.'
const PRIVATE = 'A rule of the CA/Browser Forum; a private root, pinned by its fingerprint.'
const NO_AIA = 'Clients pin the root and get the chain with it: there is nothing to fetch.'

export const EXCEPTIONS: readonly Exception[] = [
  zlint('e_ext_authority_key_identifier_no_key_identifier', ['carrier'], CARRIER),
  zlint('e_ext_san_missing', ['carrier'], CARRIER),
  zlint('e_sub_cert_eku_missing', ['carrier'], CARRIER),
  zlint('w_ext_subject_key_identifier_missing_sub_cert', ['carrier'], CARRIER),
  zlint('e_sub_cert_aia_missing', ['carrier', 'tls'], NO_AIA),
  zlint('w_sub_cert_aia_does_not_contain_issuing_ca_url', ['tls'], NO_AIA),
  zlint('e_sub_cert_cert_policy_empty', ['carrier', 'tls'], PRIVATE),
  zlint('e_sub_cert_certificate_policies_missing', ['carrier', 'tls'], PRIVATE),
  zlint('e_subject_common_name_not_exactly_from_san', ['carrier', 'tls'], LABEL),
  zlint('e_dnsname_bad_character_in_label', ['tls'], LABEL),
  zlint('e_dnsname_not_valid_tld', ['tls'], LABEL),
  zlint('w_subject_common_name_included', ['tls'], LABEL),
  zlint(
    'w_distribution_point_missing_ldap_or_uri',
    ['device'],
    'zlint counts http and ldap only. The lists are served by https on the one open port: docs/revocation.md.',
  ),
  zlint('e_ca_country_name_missing', ['root'], PRIVATE),
  zlint(
    'w_root_ca_basic_constraints_path_len_constraint_field_present',
    ['root'],
    'It certifies keys and no further authorities, and says so.',
  ),
  zlint(
    'e_ext_san_contains_reserved_ip',
    ['tls'],
    'Operators run the server in networks of their own.',
  ),
  zlint(
    'e_missing_crl_distrib_point',
    ['tls'],
    'Of 90 days, under a pinned root; clients ask no list for the one server that they know.',
  ),
  zlint('e_sub_cert_country_name_must_appear', ['tls'], PRIVATE),
  zlint('e_sub_cert_locality_name_must_appear', ['tls'], PRIVATE),
  zlint('e_sub_cert_province_must_appear', ['tls'], PRIVATE),
  zlint(
    'w_ext_subject_key_identifier_not_recommended_subscriber',
    ['tls'],
    'RFC 5280 §4.2.1.2 recommends it.',
  ),
  {
    linter: 'pkilint',
    rule: 'pkix.authority_key_identifier_extension_absent',
    profiles: ['carrier'],
    reason: CARRIER,
  },
  {
    linter: 'pkilint',
    rule: 'pkix.certificate_skid_end_entity_missing',
    profiles: ['carrier'],
    reason: CARRIER,
  },
]
