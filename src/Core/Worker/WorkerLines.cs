using System.Net.Sockets;
using System.Text.Json.Serialization.Metadata;
using VirtHandover.Qemu;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>Reads messages from the other side, line by line, and nothing that is longer than <see cref="WorkerJson.LineBytes"/>.</summary>
/// <typeparam name="T">What they are.</typeparam>
/// <param name="stream">Where they come from.</param>
/// <param name="type">How they are read.</param>
internal sealed class WorkerLines<T>(Stream stream, JsonTypeInfo<T> type)
    where T : class
{
    private readonly QmpLineBuffer _buffer = new("the other side", WorkerJson.LineBytes);

    /// <summary>The next message.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Null when the other side has ended; half a message before that is none.</returns>
    /// <exception cref="WorkerException">It is too long, or no message.</exception>
    internal async ValueTask<T?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_buffer.TryTake(out var line))
                return WorkerJson.Read(line, type);
            try
            {
                var count = await stream.ReadAsync(_buffer.Free(), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                    return null;
                _buffer.Add(count);
            }
            catch (QmpProtocolException)
            {
                throw new WorkerException($"A line is longer than {WorkerJson.LineBytes} bytes.");
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                return null;
            }
        }
    }
}
