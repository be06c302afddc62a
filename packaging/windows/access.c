#include "sanad-service.h"

DWORD read_access_list(const wchar_t *path, wchar_t **sddl) {
  PSECURITY_DESCRIPTOR descriptor = NULL;
  const SECURITY_INFORMATION wanted = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  DWORD error = GetNamedSecurityInfoW(path, SE_FILE_OBJECT, wanted, NULL, NULL, NULL, NULL, &descriptor);
  if (error != ERROR_SUCCESS) return error;
  if (!ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, wanted, sddl, NULL))
    error = GetLastError();
  LocalFree(descriptor);
  return error;
}

static BOOL is_administrator(void) {
  BYTE administrators[SECURITY_MAX_SID_SIZE];
  DWORD size = sizeof administrators;
  BOOL is_member = FALSE;
  if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, administrators, &size)) return FALSE;
  return CheckTokenMembership(NULL, administrators, &is_member) && is_member;
}

/* The list for a folder of the client; who is no administrator, as in a trial, keeps his own rights. */
static BOOL describe_private(wchar_t *list, size_t size) {
  if (is_administrator()) return (size_t)_snwprintf(list, size, L"%ls", PRIVATE_LIST) < size;
  wchar_t *own = NULL;
  if (read_own_account(&own) != ERROR_SUCCESS) return FALSE;
  int length = _snwprintf(list, size, L"%ls(A;OICI;FA;;;%ls)", PRIVATE_LIST, own);
  LocalFree(own);
  return length > 0 && (size_t)length < size;
}

DWORD make_private(const wchar_t *path) {
  wchar_t list[512];
  PSECURITY_DESCRIPTOR descriptor = NULL;
  PACL entries = NULL;
  BOOL is_present = FALSE, is_defaulted = FALSE;
  if (!describe_private(list, 512)) return ERROR_INVALID_DATA;
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(list, SDDL_REVISION_1, &descriptor, NULL))
    return GetLastError();
  DWORD error = ERROR_INVALID_DATA;
  if (GetSecurityDescriptorDacl(descriptor, &is_present, &entries, &is_defaulted) && is_present)
    error = SetNamedSecurityInfoW((wchar_t *)path, SE_FILE_OBJECT,
                                  DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, NULL, NULL,
                                  entries, NULL);
  LocalFree(descriptor);
  return error;
}

/* A folder that another account made before has that account as its owner, and may have anything in it. */
static DWORD require_own(const wchar_t *path) {
  PSECURITY_DESCRIPTOR descriptor = NULL;
  PSID owner = NULL;
  wchar_t *own = NULL, *found = NULL;
  DWORD error = GetNamedSecurityInfoW(path, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL,
                                      &descriptor);
  if (error != ERROR_SUCCESS) return error;
  if (!IsWellKnownSid(owner, WinBuiltinAdministratorsSid) && !IsWellKnownSid(owner, WinLocalSystemSid)) {
    error = read_own_account(&own);
    if (error == ERROR_SUCCESS && ConvertSidToStringSidW(owner, &found) && wcscmp(own, found) != 0)
      error = ERROR_INVALID_OWNER;
    LocalFree(own);
    LocalFree(found);
  }
  LocalFree(descriptor);
  return error;
}

DWORD make_private_folder(const wchar_t *path) {
  if (!CreateDirectoryW(path, NULL)) {
    if (GetLastError() != ERROR_ALREADY_EXISTS) return GetLastError();
    DWORD error = require_own(path);
    if (error != ERROR_SUCCESS) return error;
  }
  return make_private(path);
}

DWORD read_own_account(wchar_t **sid) {
  HANDLE token = NULL;
  BYTE user[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  DWORD size = sizeof user, error = ERROR_SUCCESS;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return GetLastError();
  if (!GetTokenInformation(token, TokenUser, user, size, &size) ||
      !ConvertSidToStringSidW(((TOKEN_USER *)user)->User.Sid, sid))
    error = GetLastError();
  CloseHandle(token);
  return error;
}
