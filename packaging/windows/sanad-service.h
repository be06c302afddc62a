/*
 * sanad-service.exe: what the client needs of Windows and JavaScript cannot do. It is the Windows service that runs
 * sanad-client.exe, installs and removes that service, and answers the client's questions about access lists, ports
 * and DPAPI (docs/adr/0055-windows-service-host.md). It opens no network connection and reads no configuration.
 */
#ifndef SANAD_SERVICE_H
#define SANAD_SERVICE_H

#define WIN32_LEAN_AND_MEAN
#define _WIN32_WINNT 0x0A00
#include <winsock2.h>
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>

#define SERVICE_NAME L"SanadClient"
#define LONGEST_PATH 32768

/*
 * SYSTEM and Administrators; who happens to own a file has no more rights than to read this list.
 * [MS-DTYP] 2.5.1; S-1-3-4 is OWNER RIGHTS.
 */
#define PRIVATE_LIST L"D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;RC;;;S-1-3-4)"

/* access.c: each returns 0 or the number of Windows' error. */
DWORD read_access_list(const wchar_t *path, wchar_t **sddl);
DWORD make_private(const wchar_t *path);
DWORD make_private_folder(const wchar_t *path);
DWORD read_own_account(wchar_t **sid);

/* facts.c */
int answer_facts(void);

/* install.c */
int install_service(void);
int uninstall_service(void);
int start_service(void);
int stop_service(void);
void say(const char *format, ...);

/* child.c: one life of sanad-client.exe. */
struct child {
  HANDLE process;
  HANDLE job;
  HANDLE pipe;
  OVERLAPPED connecting;
};
DWORD start_child(struct child *child);
/* Whether it said that it works. */
BOOL is_ready(struct child *child);
void ask_to_stop(struct child *child);
/* Ends what is left of it. */
void release_child(struct child *child);

/* service.c */
int run_service(void);

/* paths.c: both in %ProgramFiles% and %ProgramData%; false if they do not fit. */
BOOL own_folder_file(const wchar_t *name, wchar_t path[LONGEST_PATH]);
BOOL data_folder_file(const wchar_t *name, wchar_t path[LONGEST_PATH]);

#endif
