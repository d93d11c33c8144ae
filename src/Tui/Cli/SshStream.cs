using System.Diagnostics;
using VirtHandover.Linux;

namespace VirtHandover.Tui.Cli;

/// <summary>The two ends of an ssh that runs; it ends with this stream.</summary>
internal sealed class SshStream : Stream
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Process ssh;
    private readonly ProcessHandle? handle;
    private readonly Stream input;
    private readonly Stream output;
    private int disposed;

    private SshStream(Process ssh)
    {
        (this.ssh, input, output) = (ssh, ssh.StandardInput.BaseStream, ssh.StandardOutput.BaseStream);
        try
        {
            // Now: later its number may be another process's.
            handle = ProcessHandle.Open(ssh.Id);
        }
        catch (LinuxException)
        {
            // It has ended already, which whoever reads will see.
        }
    }

    /// <summary>Its process number.</summary>
    internal int Id => ssh.Id;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Starts it. It asks for passwords on the terminal itself, which it has from this process.</summary>
    /// <param name="program">Where it is.</param>
    /// <param name="words">Its arguments.</param>
    /// <param name="mayTalk">False where what it says would destroy the screen; <see cref="SshBus.ExplainAsync"/> asks it once more.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    internal static SshStream Start(string program, IReadOnlyList<string> words, bool mayTalk)
    {
#pragma warning disable RS0030 // Its path is whole; CliWrap gives no stream that is read while another one is written.
        var ssh = Process.Start(new ProcessStartInfo(program, words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = !mayTalk,
        })!;
#pragma warning restore RS0030
        if (!mayTalk)
        {
            ssh.BeginErrorReadLine();
        }

        return new SshStream(ssh);
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        output.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        input.WriteAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override void Flush() => input.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => output.Read(buffer, offset, count);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => input.Write(buffer, offset, count);

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref disposed, 1) == 0)
        {
            End();

            // Whoever reads has come to the end by now: it was the last that wrote.
            input.Dispose();
            output.Dispose();
            ssh.Dispose();
        }

        base.Dispose(disposing);
    }

    // SIGTERM, and not at once SIGKILL: one that asks for a password gives the terminal its echo back.
    private void End()
    {
        handle?.Terminate();
        if (handle?.WaitForExit(Patience) == false)
        {
            handle.Kill();
        }

        handle?.Dispose();
    }
}
