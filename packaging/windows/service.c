#include "sanad-service.h"

/* `./sanad client` ends with it when it wants to be started again: a command of the server asked for that. */
#define RESTART_EXIT_CODE 75
#define FIRST_PAUSE_MS 5000
#define LONGEST_PAUSE_MS (5 * 60 * 1000)
/* A client that ran for so long was well: the next pause is the first one again. */
#define WELL_AFTER_MS (10 * 60 * 1000)
/* The client abandons what does not end in 5 s. */
#define LONGEST_STOP_MS 15000
#define LONGEST_START_MS 60000
#define GLANCE_MS 200

static SERVICE_STATUS_HANDLE status_handle;
static SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS};
static HANDLE stopping;

static void report(DWORD state) {
  const BOOL is_pending = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
  status.dwCheckPoint = is_pending && status.dwCurrentState == state ? status.dwCheckPoint + 1 : 0;
  status.dwCurrentState = state;
  status.dwWaitHint = is_pending ? LONGEST_STOP_MS : 0;
  status.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN : 0;
  SetServiceStatus(status_handle, &status);
}

/* The exit code of the client becomes the service's own error, which `sc query` shows. */
static void report_failure(DWORD code) {
  status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
  status.dwServiceSpecificExitCode = code;
}

static DWORD WINAPI control(DWORD code, DWORD type, void *data, void *context) {
  (void)type, (void)data, (void)context;
  if (code == SERVICE_CONTROL_STOP || code == SERVICE_CONTROL_SHUTDOWN) {
    report(SERVICE_STOP_PENDING);
    SetEvent(stopping);
    return NO_ERROR;
  }
  return code == SERVICE_CONTROL_INTERROGATE ? NO_ERROR : ERROR_CALL_NOT_IMPLEMENTED;
}

static void stop(struct child *child) {
  const ULONGLONG end = GetTickCount64() + LONGEST_STOP_MS;
  report(SERVICE_STOP_PENDING);
  ask_to_stop(child);
  while (WaitForSingleObject(child->process, 1000) == WAIT_TIMEOUT && GetTickCount64() < end)
    report(SERVICE_STOP_PENDING);
}

/* Until the client works, ends, or the service stops. */
static BOOL wait_until_ready(struct child *child) {
  const ULONGLONG end = GetTickCount64() + LONGEST_START_MS;
  HANDLE both[] = {stopping, child->process};
  while (!is_ready(child)) {
    if (WaitForMultipleObjects(2, both, FALSE, GLANCE_MS) != WAIT_TIMEOUT || GetTickCount64() > end) return FALSE;
    if (status.dwCurrentState == SERVICE_START_PENDING) report(SERVICE_START_PENDING);
  }
  return TRUE;
}

/* One life of the client. @returns its exit code; 0 when the service stops */
static DWORD live(BOOL *has_worked) {
  struct child child;
  DWORD code = start_child(&child);
  if (code != ERROR_SUCCESS) return code;
  const BOOL is_working = wait_until_ready(&child);
  if (is_working) {
    *has_worked = TRUE;
    report(SERVICE_RUNNING);
  }
  HANDLE both[] = {stopping, child.process};
  /* One that neither works nor ends is not waited for. */
  const DWORD ended = WaitForMultipleObjects(2, both, FALSE, is_working ? INFINITE : 0);
  if (ended == WAIT_OBJECT_0 && is_working) stop(&child);
  code = ended == WAIT_TIMEOUT ? WAIT_TIMEOUT : 0;
  if (ended == WAIT_OBJECT_0 + 1) {
    GetExitCodeProcess(child.process, &code);
    /* Nobody asked it to end. */
    if (code == 0) code = ERROR_PROCESS_ABORTED;
  }
  release_child(&child);
  return code;
}

static BOOL is_stopping(DWORD wait_ms) { return WaitForSingleObject(stopping, wait_ms) == WAIT_OBJECT_0; }

/* A client that never worked ends the service with its error: a person is waiting, or Windows tries again. */
static void keep_running(void) {
  BOOL has_worked = FALSE;
  DWORD pause = FIRST_PAUSE_MS;
  for (;;) {
    const ULONGLONG start = GetTickCount64();
    const DWORD code = live(&has_worked);
    if (is_stopping(0)) return;
    if (!has_worked) return report_failure(code);
    if (GetTickCount64() - start > WELL_AFTER_MS) pause = FIRST_PAUSE_MS;
    if (code == RESTART_EXIT_CODE) continue;
    if (is_stopping(pause)) return;
    pause = pause * 2 < LONGEST_PAUSE_MS ? pause * 2 : LONGEST_PAUSE_MS;
  }
}

static void WINAPI service_main(DWORD count, wchar_t **words) {
  (void)count, (void)words;
  status_handle = RegisterServiceCtrlHandlerExW(SERVICE_NAME, control, NULL);
  if (status_handle == NULL) return;
  report(SERVICE_START_PENDING);
  keep_running();
  report(SERVICE_STOPPED);
}

int run_service(void) {
  SERVICE_TABLE_ENTRYW table[] = {{SERVICE_NAME, service_main}, {NULL, NULL}};
  stopping = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (stopping == NULL || !StartServiceCtrlDispatcherW(table)) return 1;
  return 0;
}
