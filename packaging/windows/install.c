#include "sanad-service.h"
#include <stdarg.h>

#define LONGEST_WAIT_MS 90000
#define GLANCE_MS 200
#define DAY_S (24 * 60 * 60)

void say(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vprintf(format, values);
  va_end(values);
  fflush(stdout);
}

static int fail(const char *what, DWORD error) {
  const char *advice = error == ERROR_ACCESS_DENIED ? " Run this as administrator." : "";
  say("%s: Windows error %lu.%s\n", what, error, advice);
  return 1;
}

/* @returns NULL after it said why */
static SC_HANDLE open_service(SC_HANDLE manager, DWORD rights) {
  SC_HANDLE service = OpenServiceW(manager, SERVICE_NAME, rights);
  if (service == NULL && GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST) say("The service is not installed.\n");
  else if (service == NULL) fail("The service cannot be opened", GetLastError());
  return service;
}

static DWORD state_of(SC_HANDLE service) {
  SERVICE_STATUS status;
  return QueryServiceStatus(service, &status) ? status.dwCurrentState : 0;
}

static BOOL wait_for(SC_HANDLE service, DWORD wanted, DWORD while_state) {
  const ULONGLONG end = GetTickCount64() + LONGEST_WAIT_MS;
  DWORD state;
  while ((state = state_of(service)) != wanted) {
    if (state != while_state || GetTickCount64() > end) return FALSE;
    Sleep(GLANCE_MS);
  }
  return TRUE;
}

/* Restarted after 5 s, 30 s, then every minute; after a day without trouble Windows counts from the first again. */
static BOOL set_recovery(SC_HANDLE service) {
  SC_ACTION steps[] = {{SC_ACTION_RESTART, 5000}, {SC_ACTION_RESTART, 30000}, {SC_ACTION_RESTART, 60000}};
  SERVICE_FAILURE_ACTIONSW actions = {DAY_S, NULL, NULL, 3, steps};
  SERVICE_FAILURE_ACTIONS_FLAG also_when_it_ends_by_itself = {TRUE};
  return ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS, &actions) &&
         ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also_when_it_ends_by_itself);
}

static void describe(SC_HANDLE service) {
  SERVICE_DESCRIPTIONW text = {L"Keeps the biometric devices of this computer registered at the management server."};
  ChangeServiceConfig2W(service, SERVICE_CONFIG_DESCRIPTION, &text);
}

static SC_HANDLE create_service(SC_HANDLE manager) {
  static wchar_t program[LONGEST_PATH], command[LONGEST_PATH];
  if (!own_folder_file(L"sanad-service.exe", program)) return NULL;
  /* In quotes: else Windows would run C:\Program.exe, if there is one. */
  if (_snwprintf(command, LONGEST_PATH, L"\"%ls\" service", program) < 0) return NULL;
  SC_HANDLE service = CreateServiceW(manager, SERVICE_NAME, L"Sanad management client", SERVICE_ALL_ACCESS,
                                     SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, command,
                                     NULL, NULL, NULL, NULL, NULL);
  if (service != NULL || GetLastError() != ERROR_SERVICE_EXISTS) return service;
  service = OpenServiceW(manager, SERVICE_NAME, SERVICE_ALL_ACCESS);
  if (service == NULL) return NULL;
  ChangeServiceConfigW(service, SERVICE_NO_CHANGE, SERVICE_AUTO_START, SERVICE_NO_CHANGE, command, NULL, NULL, NULL,
                       NULL, NULL, NULL);
  return service;
}

int install_service(void) {
  static wchar_t folder[LONGEST_PATH];
  if (!data_folder_file(L"", folder)) return fail("There is no folder for data of programs", ERROR_PATH_NOT_FOUND);
  DWORD error = make_private_folder(folder);
  if (error == ERROR_INVALID_OWNER) {
    say("%ls belongs to another account. Look what is in it, remove it, then install again.\n", folder);
    return 1;
  }
  if (error != ERROR_SUCCESS) return fail("The folder for data cannot be made private", error);
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
  if (manager == NULL) return fail("The services of Windows cannot be reached", GetLastError());
  SC_HANDLE service = create_service(manager);
  if (service == NULL) return fail("The service cannot be installed", GetLastError());
  describe(service);
  if (!set_recovery(service))
    say("Windows itself will not restart the service if sanad-service.exe fails (error %lu).\n", GetLastError());
  say("The service SanadClient is installed.\n");
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
  return 0;
}

int start_service(void) {
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  SC_HANDLE service = manager == NULL ? NULL : open_service(manager, SERVICE_START | SERVICE_QUERY_STATUS);
  if (service == NULL) return 1;
  if (!StartServiceW(service, 0, NULL) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING)
    return fail("The service cannot be started", GetLastError());
  if (wait_for(service, SERVICE_RUNNING, SERVICE_START_PENDING)) {
    say("The service SanadClient runs.\n");
    return 0;
  }
  SERVICE_STATUS status = {0};
  QueryServiceStatus(service, &status);
  say("The service SanadClient ended at once, with code %lu. The reason is in logs\\service.log.\n",
      status.dwServiceSpecificExitCode);
  return 1;
}

/* Harmless to repeat. */
static int stop_opened(SC_HANDLE service) {
  SERVICE_STATUS status;
  if (!ControlService(service, SERVICE_CONTROL_STOP, &status) && GetLastError() != ERROR_SERVICE_NOT_ACTIVE)
    return fail("The service cannot be stopped", GetLastError());
  if (wait_for(service, SERVICE_STOPPED, SERVICE_STOP_PENDING)) return 0;
  say("The service SanadClient does not stop.\n");
  return 1;
}

int stop_service(void) {
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  SC_HANDLE service = manager == NULL ? NULL : open_service(manager, SERVICE_STOP | SERVICE_QUERY_STATUS);
  if (service == NULL) return 1;
  if (stop_opened(service) != 0) return 1;
  say("The service SanadClient is stopped.\n");
  return 0;
}

int uninstall_service(void) {
  static wchar_t folder[LONGEST_PATH];
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  if (manager == NULL) return fail("The services of Windows cannot be reached", GetLastError());
  SC_HANDLE service = open_service(manager, SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE);
  if (service == NULL || stop_opened(service) != 0) return 1;
  if (!DeleteService(service)) return fail("The service cannot be removed", GetLastError());
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
  data_folder_file(L"", folder);
  say("The service SanadClient is removed. Configuration, keys and state stay in %ls.\n", folder);
  return 0;
}
