/*
 * What PKCS#11 lets a token lack, or do in its own way. Each behaviour has a name; behaviours.ts lists them
 * with what is expected of the server.
 */
#include <stdlib.h>
#include <string.h>
#include "behaviours.h"

static CK_FUNCTION_LIST_PTR real;
static CK_FUNCTION_LIST odd;
static int open_sessions = 0;

static int has(const char *name) {
  const char *list = getenv("FAULTY_BEHAVIOURS");
  size_t length = strlen(name);
  for (const char *at = list; at != NULL && *at != '\0'; at++) {
    if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0')) return 1;
    at = strchr(at, ',');
    if (at == NULL) return 0;
  }
  return 0;
}

static int is_history(CK_ATTRIBUTE_TYPE type) {
  return type == CKA_MODIFIABLE || type == CKA_ALWAYS_SENSITIVE || type == CKA_NEVER_EXTRACTABLE;
}

static CK_ULONG class_of(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o) {
  CK_ULONG value = (CK_ULONG)-1;
  CK_ATTRIBUTE attribute = {CKA_CLASS, &value, sizeof value};
  real->C_GetAttributeValue(s, o, &attribute, 1);
  return value;
}

/* ── Templates ─────────────────────────────────────────────────────────────────────────────────────── */

static CK_RV check_template(CK_ATTRIBUTE_PTR t, CK_ULONG n) {
  for (CK_ULONG i = 0; i < n; i++) {
    if (has("unknown-attributes") && is_history(t[i].type)) return CKR_ATTRIBUTE_TYPE_INVALID;
    if (has("chooses-id") && t[i].type == CKA_ID) return CKR_ATTRIBUTE_READ_ONLY;
    if (has("few-attributes") && (t[i].type == CKA_SIGN_RECOVER || t[i].type == CKA_DERIVE || t[i].type == CKA_ENCRYPT))
      return CKR_TEMPLATE_INCONSISTENT;
    if (has("no-session-objects") && t[i].type == CKA_TOKEN && *(CK_BBOOL *)t[i].pValue == CK_FALSE)
      return CKR_TEMPLATE_INCONSISTENT;
  }
  return CKR_OK;
}

static CK_RV generate_pair(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m, CK_ATTRIBUTE_PTR t, CK_ULONG n, CK_ATTRIBUTE_PTR u,
                           CK_ULONG k, CK_OBJECT_HANDLE_PTR pub, CK_OBJECT_HANDLE_PTR priv) {
  CK_RV answer = check_template(t, n);
  if (answer == CKR_OK) answer = check_template(u, k);
  return answer != CKR_OK ? answer : real->C_GenerateKeyPair(s, m, t, n, u, k, pub, priv);
}

static CK_RV generate_key(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m, CK_ATTRIBUTE_PTR t, CK_ULONG n, CK_OBJECT_HANDLE_PTR key) {
  CK_RV answer = check_template(t, n);
  return answer != CKR_OK ? answer : real->C_GenerateKey(s, m, t, n, key);
}

static CK_RV copy(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE from, CK_ATTRIBUTE_PTR t, CK_ULONG n, CK_OBJECT_HANDLE_PTR to) {
  if (has("no-copy")) return CKR_FUNCTION_NOT_SUPPORTED;
  if (has("copy-fails")) return CKR_FUNCTION_FAILED;
  CK_RV answer = check_template(t, n);
  return answer != CKR_OK ? answer : real->C_CopyObject(s, from, t, n, to);
}

static CK_RV set_attribute(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_PTR t, CK_ULONG n) {
  if (has("no-set")) return CKR_FUNCTION_NOT_SUPPORTED;
  if (has("set-is-ignored")) return CKR_OK;
  CK_RV answer = check_template(t, n);
  return answer != CKR_OK ? answer : real->C_SetAttributeValue(s, o, t, n);
}

static CK_RV create(CK_SESSION_HANDLE s, CK_ATTRIBUTE_PTR t, CK_ULONG n, CK_OBJECT_HANDLE_PTR o) {
  return has("no-data") ? CKR_ATTRIBUTE_VALUE_INVALID : real->C_CreateObject(s, t, n, o);
}

static CK_RV destroy(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o) {
  return has("no-destroy") ? CKR_ACTION_PROHIBITED : real->C_DestroyObject(s, o);
}

/* ── Reading ───────────────────────────────────────────────────────────────────────────────────────── */

static CK_RV without_value(CK_ATTRIBUTE_PTR t, CK_RV answer) {
  t->ulValueLen = CK_UNAVAILABLE_INFORMATION;
  return answer;
}

static CK_RV read_padded(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_PTR t) {
  CK_ULONG room = t->ulValueLen;
  CK_RV answer = real->C_GetAttributeValue(s, o, t, 1);
  if (answer != CKR_OK || t->ulValueLen == 0) return answer;
  if (t->pValue != NULL) memset((char *)t->pValue + t->ulValueLen, ' ', room - t->ulValueLen);
  t->ulValueLen = t->pValue != NULL ? room : t->ulValueLen + 3;
  return CKR_OK;
}

static CK_RV get_attribute(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_PTR t, CK_ULONG n) {
  if (n != 1) return real->C_GetAttributeValue(s, o, t, n);
  if (is_history(t->type)) {
    if (has("unknown-attributes")) return without_value(t, CKR_ATTRIBUTE_TYPE_INVALID);
    if (has("unavailable-attributes")) return without_value(t, CKR_OK);
    if (has("sensitive-attributes")) return without_value(t, CKR_ATTRIBUTE_SENSITIVE);
    if (has("vendor-attributes")) return without_value(t, CKR_VENDOR_DEFINED | 0x77);
  }
  if (has("empty-attributes") && (is_history(t->type) || t->type == CKA_ID)) {
    t->ulValueLen = 0;
    return CKR_OK;
  }
  if (has("hidden-modulus") && (t->type == CKA_MODULUS || t->type == CKA_PUBLIC_EXPONENT) && class_of(s, o) == CKO_PRIVATE_KEY)
    return without_value(t, CKR_ATTRIBUTE_TYPE_INVALID);
  if (has("padded-labels") && t->type == CKA_LABEL) return read_padded(s, o, t);
  return real->C_GetAttributeValue(s, o, t, n);
}

static CK_RV find_init(CK_SESSION_HANDLE s, CK_ATTRIBUTE_PTR t, CK_ULONG n) {
  if (has("searches-by-class") && (n != 1 || t[0].type != CKA_CLASS)) return CKR_ATTRIBUTE_TYPE_INVALID;
  return real->C_FindObjectsInit(s, t, n);
}

static CK_RV find(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE_PTR found, CK_ULONG most, CK_ULONG_PTR count) {
  CK_ULONG given = 1;
  *count = 0;
  if (has("finds-one")) most = 1;
  while (*count < most) {
    CK_RV answer = real->C_FindObjects(s, found + *count, 1, &given);
    if (answer != CKR_OK) return answer;
    if (given == 0) return CKR_OK;
    if (has("no-public-keys") && class_of(s, found[*count]) == CKO_PUBLIC_KEY) continue;
    *count += 1;
  }
  return CKR_OK;
}

/* ── Mechanisms ────────────────────────────────────────────────────────────────────────────────────── */

static CK_RV mechanisms(CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count) {
  CK_RV answer = real->C_GetMechanismList(slot, list, count);
  if (answer != CKR_OK || list == NULL) return answer;
  CK_ULONG kept = 0;
  for (CK_ULONG i = 0; i < *count; i++) {
    if (has("no-raw-rsa") && list[i] == CKM_RSA_PKCS) continue;
    if (has("no-signature") && (list[i] == CKM_RSA_PKCS || list[i] == CKM_SHA256_RSA_PKCS)) continue;
    if (has("no-key-generation") && list[i] == CKM_RSA_PKCS_KEY_PAIR_GEN) continue;
    list[kept++] = list[i];
  }
  *count = kept;
  return CKR_OK;
}

static CK_RV sign_init(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m, CK_OBJECT_HANDLE key) {
  if (m->mechanism == CKM_RSA_PKCS && has("no-raw-rsa")) return CKR_MECHANISM_INVALID;
  if (m->mechanism == CKM_RSA_PKCS && has("raw-rsa-forbidden")) return CKR_KEY_FUNCTION_NOT_PERMITTED;
  return real->C_SignInit(s, m, key);
}

static CK_RV sign(CK_SESSION_HANDLE s, CK_BYTE_PTR data, CK_ULONG n, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  if (has("wide-signatures") && *room < 1024) {
    *room = 1024;
    return CKR_BUFFER_TOO_SMALL;
  }
  return real->C_Sign(s, data, n, out, room);
}

/* ── Sessions, login and names ─────────────────────────────────────────────────────────────────────── */

static CK_RV initialise(CK_VOID_PTR arguments) {
  CK_C_INITIALIZE_ARGS_PTR given = arguments;
  if (has("no-threads") && given != NULL && (given->flags & CKF_OS_LOCKING_OK) != 0) return CKR_CANT_LOCK;
  return real->C_Initialize(arguments);
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR app, CK_NOTIFY notify, CK_SESSION_HANDLE_PTR s) {
  int most = has("one-session") ? 1 : has("few-sessions") ? 3 : 1000;
  if (has("read-only") && (flags & CKF_RW_SESSION) != 0) return CKR_TOKEN_WRITE_PROTECTED;
  if (open_sessions >= most) return CKR_SESSION_COUNT;
  CK_RV answer = real->C_OpenSession(slot, flags, app, notify, s);
  if (answer == CKR_OK) open_sessions++;
  return answer;
}

static CK_RV close_session(CK_SESSION_HANDLE s) {
  CK_RV answer = real->C_CloseSession(s);
  if (answer == CKR_OK) open_sessions--;
  return answer;
}

static CK_RV login(CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG n) {
  if (has("crashes")) abort();
  CK_RV answer = real->C_Login(s, user, pin, n);
  return answer == CKR_OK && has("logged-in") ? CKR_USER_ALREADY_LOGGED_IN : answer;
}

static CK_RV session_info(CK_SESSION_HANDLE s, CK_SESSION_INFO_PTR info) {
  return has("no-extras") ? CKR_FUNCTION_NOT_SUPPORTED : real->C_GetSessionInfo(s, info);
}

static CK_RV random_bytes(CK_SESSION_HANDLE s, CK_BYTE_PTR bytes, CK_ULONG n) {
  return has("no-extras") ? CKR_RANDOM_NO_RNG : real->C_GenerateRandom(s, bytes, n);
}

/* Ends the text with a zero byte, as C does, and leaves something behind it. */
static void unpad(CK_UTF8CHAR_PTR field, size_t size) {
  size_t end = size;
  while (end > 0 && field[end - 1] == ' ') end--;
  for (size_t i = end; i < size; i++) field[i] = i == end ? '\0' : 0x01 + (i % 90);
}

static CK_RV info(CK_INFO_PTR answer_in) {
  if (has("no-extras")) return CKR_FUNCTION_NOT_SUPPORTED;
  CK_RV answer = real->C_GetInfo(answer_in);
  if (has("unpadded")) unpad(answer_in->libraryDescription, sizeof answer_in->libraryDescription);
  if (has("unpadded")) unpad(answer_in->manufacturerID, sizeof answer_in->manufacturerID);
  return answer;
}

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR answer_in) {
  CK_RV answer = real->C_GetTokenInfo(slot, answer_in);
  if (answer == CKR_OK && has("unpadded")) {
    unpad(answer_in->label, sizeof answer_in->label);
    unpad(answer_in->model, sizeof answer_in->model);
  }
  return answer;
}

CK_FUNCTION_LIST_PTR with_behaviours(CK_FUNCTION_LIST_PTR given) {
  real = given;
  odd = *given;
  odd.C_Initialize = initialise;
  odd.C_GetInfo = info;
  odd.C_GetTokenInfo = token_info;
  odd.C_GetMechanismList = mechanisms;
  odd.C_OpenSession = open_session;
  odd.C_CloseSession = close_session;
  odd.C_GetSessionInfo = session_info;
  odd.C_Login = login;
  odd.C_GenerateRandom = random_bytes;
  odd.C_GenerateKeyPair = generate_pair;
  odd.C_GenerateKey = generate_key;
  odd.C_CreateObject = create;
  odd.C_CopyObject = copy;
  odd.C_DestroyObject = destroy;
  odd.C_SetAttributeValue = set_attribute;
  odd.C_GetAttributeValue = get_attribute;
  odd.C_FindObjectsInit = find_init;
  odd.C_FindObjects = find;
  odd.C_SignInit = sign_init;
  odd.C_Sign = sign;
  return &odd;
}
