using System.Diagnostics;
using VirtHandover.Detection;

namespace VirtHandover.Tests.Unit.Detection;

/// <summary>A real process that looks like a domain's QEMU: a copy of bash, told to wait, with QEMU's arguments behind.</summary>
internal sealed class FakeEmulator : IDisposable
{
    private readonly Process _process;

    public FakeEmulator(string program, Guid domain, string? libraries = null)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in new[] { "-c", "echo ready; read x", "-uuid", domain.ToString() })
        {
            start.ArgumentList.Add(argument);
        }

        if (libraries is not null)
        {
            start.Environment["LD_LIBRARY_PATH"] = libraries;
        }

        _process = Process.Start(start)!;
        Assert.Equal("ready", _process.StandardOutput.ReadLine());
    }

    public int ProcessId => _process.Id;

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>Puts a copy of a program in place by rename, as rpm does; with another build-id when asked.</summary>
    public static void Install(string source, string path, byte? build = null)
    {
        byte[] content = File.ReadAllBytes(source);
        if (build is { } mark)
        {
            using var stream = new MemoryStream(content);
            byte[] id = Convert.FromHexString(ElfBuildId.Read(stream)!);
            int at = content.AsSpan().IndexOf(id);
            content[at] ^= 0xff;
            content[at + 1] = mark;
        }

        Executable.Write(path + ";new", content);
        File.Move(path + ";new", path, overwrite: true);
    }
}
