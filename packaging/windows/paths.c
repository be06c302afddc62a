#include "sanad-service.h"
#include <shlobj.h>

static BOOL append(wchar_t path[LONGEST_PATH], const wchar_t *text) {
  if (wcslen(path) + wcslen(text) + 1 > LONGEST_PATH) return FALSE;
  wcscat(path, text);
  return TRUE;
}

/* Beside this program. */
BOOL own_folder_file(const wchar_t *name, wchar_t path[LONGEST_PATH]) {
  DWORD length = GetModuleFileNameW(NULL, path, LONGEST_PATH);
  if (length == 0 || length >= LONGEST_PATH) return FALSE;
  wchar_t *end = wcsrchr(path, L'\\');
  if (end == NULL) return FALSE;
  end[1] = 0;
  return append(path, name);
}

/* %ProgramData%\Sanad, asked of Windows and not of an environment that others may have set. */
BOOL data_folder_file(const wchar_t *name, wchar_t path[LONGEST_PATH]) {
  if (FAILED(SHGetFolderPathW(NULL, CSIDL_COMMON_APPDATA, NULL, SHGFP_TYPE_CURRENT, path))) return FALSE;
  if (!append(path, L"\\Sanad")) return FALSE;
  return *name == 0 || (append(path, L"\\") && append(path, name));
}
