module sanad.example/interop/read

go 1.19
