-- How strong the certified key is, read off the certificate itself, so that an audit need not read a million
-- certificates.

create function der_length(der bytea, place integer) returns integer
language sql immutable strict parallel safe
return case get_byte(der, place + 1)
  when 129 then get_byte(der, place + 2)
  when 130 then get_byte(der, place + 2) * 256 + get_byte(der, place + 3)
  else get_byte(der, place + 1) end;

create function der_header_octets(der bytea, place integer) returns integer
language sql immutable strict parallel safe
return case get_byte(der, place + 1) when 129 then 3 when 130 then 4 else 2 end;

-- RFC 8017 §A.1.1: RSAPublicKey is SEQUENCE { modulus INTEGER, publicExponent INTEGER }, inside a bit string
-- (RFC 5280 §4.1) behind the identifier rsaEncryption. Null for anything else.
create function rsa_modulus_bits(certificate bytea) returns integer
language plpgsql immutable strict parallel safe as $$
declare
  -- The identifier and its NULL parameters.
  place integer := position('\x06092a864886f70d0101010500'::bytea in certificate);
  size integer;
begin
  if place = 0 or octet_length(certificate) < place + 64 then return null; end if;
  place := place + 12;
  -- BIT STRING: its header, then the count of unused bits. SEQUENCE, INTEGER: their headers.
  place := place + der_header_octets(certificate, place) + 1;
  place := place + der_header_octets(certificate, place);
  size := der_length(certificate, place);
  place := place + der_header_octets(certificate, place);
  return (size - 1) * 8 + length(ltrim(get_byte(certificate, place)::bit(8)::text, '0'));
end
$$;

alter table device_certificate
  add column rsa_bits integer generated always as (rsa_modulus_bits(der)) stored;
-- Few keys are weaker than any policy may ask for.
create index device_certificate_by_strength on device_certificate (rsa_bits) where status = 'active';
