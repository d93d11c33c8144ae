using System.Text.Json;
using VirtHandover.Handover.Journal;

namespace VirtHandover.Handover;

/// <summary>Progress as JSON lines. A reader that has gone is no reason to stop a handover.</summary>
internal sealed class KeeperOutput(Stream stream) : IProgress<HandoverProgress>
{
    private readonly Lock _gate = new();
    private bool _gone;

    public void Report(HandoverProgress value)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(value, HandoverJson.Default.HandoverProgress);
        lock (_gate)
        {
            if (_gone)
                return;
            try
            {
                stream.Write([.. line, (byte)'\n']);
                stream.Flush();
            }
            catch (IOException)
            {
                _gone = true;
            }
        }
    }
}
