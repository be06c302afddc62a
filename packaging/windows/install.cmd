@echo off
rem Installs or upgrades the Sanad management client. Run as administrator. Configuration, keys and state stay.
setlocal
set "FROM=%~dp0"
set "PROGRAMS=%ProgramFiles%\Sanad"
set "DATA=%ProgramData%\Sanad"

if exist "%PROGRAMS%\sanad-service.exe" "%PROGRAMS%\sanad-service.exe" stop
if not exist "%PROGRAMS%" mkdir "%PROGRAMS%"
copy /y "%FROM%sanad-client.exe" "%PROGRAMS%\sanad-client.exe" >nul
if errorlevel 1 goto :failed
copy /y "%FROM%sanad-service.exe" "%PROGRAMS%\sanad-service.exe" >nul
if errorlevel 1 goto :failed
copy /y "%FROM%README.txt" "%PROGRAMS%\README.txt" >nul
if errorlevel 1 goto :failed

rem Makes the folder for data, for SYSTEM and administrators only, before anything is put into it.
"%PROGRAMS%\sanad-service.exe" install
if errorlevel 1 goto :failed
if exist "%DATA%\client.yaml" goto :configured
copy /y "%FROM%client.yaml" "%DATA%\client.yaml" >nul
if errorlevel 1 goto :failed
echo.
echo Now put the management root into "%DATA%\management-root.pem",
echo write the server's name into "%DATA%\client.yaml", then run:
echo   "%PROGRAMS%\sanad-service.exe" start
exit /b 0

:configured
"%PROGRAMS%\sanad-service.exe" start
exit /b %errorlevel%

:failed
echo The installation failed. Run this as administrator, from the folder in which the zip was unpacked.
exit /b 1
