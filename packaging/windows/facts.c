/*
 * One line a question on standard input, UTF-8; one line a reply on standard output: `ok …`, or `error` and the
 * number that Windows gave. packages/client/src/platform/windows/helper.ts asks.
 */
#include "sanad-service.h"
#include <fcntl.h>
#include <io.h>
#include <iphlpapi.h>
#include <stdlib.h>
#include <wincrypt.h>

/* A path of 32,767 characters, three bytes each. */
#define LONGEST_LINE (128 * 1024)
/* Bound to the ciphertext: what another program let DPAPI encrypt does not open here. */
static const char PURPOSE[] = "sanad client seal 1";

static void reply_error(DWORD number) { printf("error %lu\n", number); }

static void reply_wide(wchar_t *text, DWORD error) {
  char *utf8 = NULL;
  int size = text == NULL ? 0 : WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
  if (error == ERROR_SUCCESS && (size == 0 || (utf8 = malloc(size)) == NULL)) error = ERROR_INVALID_DATA;
  if (error != ERROR_SUCCESS) return reply_error(error);
  WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, size, NULL, NULL);
  printf("ok %s\n", utf8);
  free(utf8);
}

static void reply_access(const wchar_t *path) {
  wchar_t *sddl = NULL;
  DWORD error = read_access_list(path, &sddl);
  reply_wide(sddl, error);
  LocalFree(sddl);
}

static void reply_account(void) {
  wchar_t *sid = NULL;
  DWORD error = read_own_account(&sid);
  reply_wide(sid, error);
  LocalFree(sid);
}

static void reply_make_private(const wchar_t *path) {
  DWORD error = make_private(path);
  if (error == ERROR_SUCCESS) printf("ok\n");
  else reply_error(error);
}

/* Of 64-bit Windows, whatever this program is. */
static void reply_machine(void) {
  wchar_t guid[64];
  DWORD size = sizeof guid;
  DWORD error = RegGetValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Cryptography", L"MachineGuid",
                             RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY, NULL, guid, &size);
  reply_wide(guid, error);
}

/* @returns NULL where there is none; to be freed */
static void *read_listeners(int family) {
  DWORD size = 0;
  void *table = NULL;
  /* It may grow between the question for its size and the question for it. */
  for (int attempt = 0; attempt < 5; attempt++) {
    DWORD error = GetExtendedTcpTable(table, &size, FALSE, family, TCP_TABLE_OWNER_PID_LISTENER, 0);
    if (error == ERROR_SUCCESS && table != NULL) return table;
    free(table);
    table = error == ERROR_INSUFFICIENT_BUFFER ? malloc(size) : NULL;
    if (table == NULL) return NULL;
  }
  free(table);
  return NULL;
}

/* Port, process, and whether it takes connections to 127.0.0.1. Windows shows the low half of `port` only. */
static void print_listener(DWORD port, DWORD pid, BOOL is_at_loopback) {
  printf(" %u,%lu,%d", ntohs((u_short)port), pid, is_at_loopback);
}

static void reply_listeners(void) {
  static const UCHAR any6[16] = {0};
  MIB_TCPTABLE_OWNER_PID *four = read_listeners(AF_INET);
  MIB_TCP6TABLE_OWNER_PID *six = read_listeners(AF_INET6);
  if (four == NULL && six == NULL) return reply_error(ERROR_NO_DATA);
  printf("ok");
  for (DWORD i = 0; four != NULL && i < four->dwNumEntries; i++) {
    const MIB_TCPROW_OWNER_PID *row = &four->table[i];
    const DWORD address = ntohl(row->dwLocalAddr);
    print_listener(row->dwLocalPort, row->dwOwningPid, address == INADDR_ANY || address == INADDR_LOOPBACK);
  }
  for (DWORD i = 0; six != NULL && i < six->dwNumEntries; i++) {
    const MIB_TCP6ROW_OWNER_PID *row = &six->table[i];
    print_listener(row->dwLocalPort, row->dwOwningPid, memcmp(row->ucLocalAddr, any6, sizeof any6) == 0);
  }
  printf("\n");
  free(four);
  free(six);
}

/* The name of its file: its arguments may hold what must not be shown. */
static void reply_program(DWORD pid) {
  static wchar_t path[LONGEST_PATH];
  DWORD size = LONGEST_PATH;
  HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
  if (process == NULL) return reply_error(GetLastError());
  const BOOL is_named = QueryFullProcessImageNameW(process, 0, path, &size);
  const DWORD error = is_named ? ERROR_SUCCESS : GetLastError();
  CloseHandle(process);
  if (!is_named) return reply_error(error);
  wchar_t *name = wcsrchr(path, L'\\');
  reply_wide(name == NULL ? path : name + 1, ERROR_SUCCESS);
}

static void reply_base64(const DATA_BLOB *blob) {
  DWORD size = 0;
  const DWORD form = CRYPT_STRING_BASE64 | CRYPT_STRING_NOCRLF;
  if (!CryptBinaryToStringA(blob->pbData, blob->cbData, form, NULL, &size)) return reply_error(GetLastError());
  char *text = malloc(size);
  if (text == NULL || !CryptBinaryToStringA(blob->pbData, blob->cbData, form, text, &size))
    reply_error(ERROR_INVALID_DATA);
  else printf("ok %s\n", text);
  if (text != NULL) SecureZeroMemory(text, size);
  free(text);
}

/* DPAPI for the machine: whatever account runs the client here, and no other computer. */
static void reply_sealed(const char *base64, BOOL is_sealing) {
  BYTE bytes[4096];
  DATA_BLOB in = {sizeof bytes, bytes}, out = {0, NULL};
  DATA_BLOB purpose = {sizeof PURPOSE - 1, (BYTE *)PURPOSE};
  const DWORD flags = CRYPTPROTECT_UI_FORBIDDEN | CRYPTPROTECT_LOCAL_MACHINE;
  if (!CryptStringToBinaryA(base64, 0, CRYPT_STRING_BASE64, bytes, &in.cbData, NULL, NULL))
    return reply_error(GetLastError());
  BOOL is_done = is_sealing ? CryptProtectData(&in, NULL, &purpose, NULL, NULL, flags, &out)
                            : CryptUnprotectData(&in, NULL, &purpose, NULL, NULL, flags, &out);
  if (!is_done) reply_error(GetLastError());
  else reply_base64(&out);
  SecureZeroMemory(bytes, sizeof bytes);
  if (out.pbData != NULL) SecureZeroMemory(out.pbData, out.cbData);
  LocalFree(out.pbData);
}

static void answer(const char *verb, const char *argument) {
  static wchar_t path[LONGEST_PATH];
  if (strcmp(verb, "account") == 0) return reply_account();
  if (strcmp(verb, "machine") == 0) return reply_machine();
  if (strcmp(verb, "listeners") == 0) return reply_listeners();
  if (strcmp(verb, "program") == 0) return reply_program(strtoul(argument, NULL, 10));
  if (strcmp(verb, "seal") == 0) return reply_sealed(argument, TRUE);
  if (strcmp(verb, "unseal") == 0) return reply_sealed(argument, FALSE);
  if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, argument, -1, path, LONGEST_PATH) == 0)
    return reply_error(GetLastError());
  if (strcmp(verb, "access") == 0) return reply_access(path);
  if (strcmp(verb, "make-private") == 0) return reply_make_private(path);
  reply_error(ERROR_INVALID_FUNCTION);
}

/* Until who asks is gone. */
int answer_facts(void) {
  static char line[LONGEST_LINE];
  _setmode(_fileno(stdin), _O_BINARY);
  _setmode(_fileno(stdout), _O_BINARY);
  while (fgets(line, sizeof line, stdin) != NULL) {
    char *end = strpbrk(line, "\r\n");
    if (end == NULL) return 1;
    *end = 0;
    char *argument = strchr(line, ' ');
    if (argument != NULL) *argument++ = 0;
    answer(line, argument == NULL ? "" : argument);
    SecureZeroMemory(line, sizeof line);
    fflush(stdout);
  }
  return 0;
}
