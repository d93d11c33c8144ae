using System.Text.Json;
using VirtHandover.Handover.Journal;

namespace VirtHandover.Handover;

/// <summary>News as JSON lines. A reader that has gone is no reason to stop a handover.</summary>
internal sealed class KeeperOutput(Stream stream)
{
    private readonly Lock _gate = new();
    private bool _gone;

    /// <summary>Where one handover tells its progress.</summary>
    /// <param name="id">Its number.</param>
    internal IProgress<HandoverProgress> Of(long id) => new Teller(this, id);

    private void Tell(HandoverNews news)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(news, HandoverJson.Default.HandoverNews);
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

    private sealed class Teller(KeeperOutput output, long id) : IProgress<HandoverProgress>
    {
        public void Report(HandoverProgress value) => output.Tell(new HandoverNews(id, value));
    }
}
