namespace VirtHandover.Tests.Unit;

/// <summary>A directory that is gone after the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("virt-handover-test-").FullName;

    /// <summary>Writes a shell script that may be run.</summary>
    /// <param name="name">Its name in the directory.</param>
    /// <param name="body">What stands below the first line.</param>
    /// <returns>Its path.</returns>
    public string Script(string name, string body)
    {
        var path = System.IO.Path.Combine(Path, name);
        Executable.Write(path, $"#!/bin/sh\n{body}\n");
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
