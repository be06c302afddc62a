#include "sanad-service.h"

static const char USAGE[] =
    "sanad-service install      makes the service SanadClient, which starts with Windows\n"
    "sanad-service start        starts it, and waits until it works\n"
    "sanad-service stop         stops it, and waits until it has ended\n"
    "sanad-service uninstall    stops and removes it; configuration, keys and state stay\n"
    "sanad-service facts        answers the client; not for people\n"
    "sanad-service service      is started by Windows; not for people\n";

static const struct {
  const wchar_t *verb;
  int (*run)(void);
} VERBS[] = {
    {L"service", run_service}, {L"facts", answer_facts}, {L"install", install_service},
    {L"uninstall", uninstall_service}, {L"start", start_service}, {L"stop", stop_service},
};

int wmain(int count, wchar_t **words) {
  for (size_t i = 0; count == 2 && i < sizeof VERBS / sizeof *VERBS; i++)
    if (wcscmp(words[1], VERBS[i].verb) == 0) return VERBS[i].run();
  say("%s", USAGE);
  return 2;
}
