using System.Globalization;
using System.IO.Pipes;

namespace VirtHandover.Linux.Launch;

/// <summary>Runs a program of root's with somebody else's ids, for what it prints.</summary>
internal static class LaunchedTool
{
    /// <summary>Bytes of each output that are kept; QEMU's longest, its help, has some 40,000.</summary>
    private const int MostOutput = 1 << 20;

    /// <summary>All that such a program gets of an environment.</summary>
    internal static IReadOnlyList<string> Environment { get; } = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"];

    /// <summary>Runs it to its end.</summary>
    /// <param name="launch">The program; its standard output and errors are read here.</param>
    /// <param name="limit">It is killed after this.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <returns>Its standard output, or why there is none: the end of a sentence that begins with the program.</returns>
    internal static async Task<(string? Output, string Failure)> RunAsync(Launch launch, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var output = new AnonymousPipeServerStream(PipeDirection.In);
        using var errors = new AnonymousPipeServerStream(PipeDirection.In);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        ProcessHandle? process = null;
        try
        {
            process = await (launch with
            {
                Descriptors = [new InheritedDescriptor(output.ClientSafePipeHandle, 1), new InheritedDescriptor(errors.ClientSafePipeHandle, 2)],
            }).StartAsync(deadline.Token).ConfigureAwait(false);
            output.DisposeLocalCopyOfClientHandle();
            errors.DisposeLocalCopyOfClientHandle();
            KeptOutput said = new(MostOutput), wrong = new(MostOutput);
            await Task.WhenAll(said.ReadAsync(output, deadline.Token), wrong.ReadAsync(errors, deadline.Token)).WaitAsync(deadline.Token).ConfigureAwait(false);
            if (!await process.WaitForExitAsync(limit, deadline.Token).ConfigureAwait(false))
                return (null, Late(limit));
            var code = ProcessSpawner.Reap(process);
            return code == 0
                ? (said.Text, "")
                : (null, string.Create(CultureInfo.InvariantCulture, $"ended with code {code}: {wrong.Text.Split('\n')[0].TrimEnd('.')}").TrimEnd(':', ' '));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, Late(limit));
        }
        catch (Exception exception) when (exception is LinuxException or IOException)
        {
            return (null, $"cannot be started: {exception.Message.TrimEnd('.')}");
        }
        finally
        {
            if (process is not null)
            {
                ProcessSpawner.End(process, TimeSpan.FromSeconds(1));
                process.Dispose();
            }
        }
    }

    private static string Late(TimeSpan limit) => string.Create(CultureInfo.InvariantCulture, $"did not answer within {limit.TotalSeconds:0.#} s");
}
