@echo off
rem Removes the service and the programs. Configuration, keys and state stay in %ProgramData%\Sanad. Run as administrator.
setlocal
set "PROGRAMS=%ProgramFiles%\Sanad"

if not exist "%PROGRAMS%\sanad-service.exe" goto :absent
"%PROGRAMS%\sanad-service.exe" uninstall
if errorlevel 1 exit /b 1
del "%PROGRAMS%\sanad-client.exe"
del "%PROGRAMS%\sanad-service.exe"
del "%PROGRAMS%\README.txt"
rmdir "%PROGRAMS%"
exit /b 0

:absent
echo The Sanad management client is not installed.
exit /b 1
