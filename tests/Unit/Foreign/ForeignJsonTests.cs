using System.Text;
using VirtHandover.Foreign;
using VirtHandover.Handover.Journal;
using VirtHandover.Linux;
using VirtHandover.Queue;
using VirtHandover.Worker;

namespace VirtHandover.Tests.Unit.Foreign;

/// <summary>Whatever is wrong with JSON that others wrote, or that lay on a disk, is one exception.</summary>
public class ForeignJsonTests
{
    public static TheoryData<string> Damaged =>
    [
        "",
        "null",
        "{",
        "[1,2]",
        "4711",
        "{}{}",
        """{"ask":"no such thing"}""",
        """{"step":"no such thing"}""",
        """{"call":1,"call":1}""",
        """{"call":1e99,"request":{"ask":"scan"}}""",
        """{"call":1,"request":{"ask":"run","orders":[{"id":1,"domain":"x","rehearse":false,"maxPause":"00:00:01"}]}}""",
        """{"call":1,"request":{"ask":"run","orders":[{"id":1,"domain":"00000000-0001-0002-0304-05060708090a","rehearse":false,"maxPause":"99999999.00:00:00"}]}}""",
        """{"step":"closed","report":null,"at":"the day after tomorrow"}""",
        """{"id":1,"progress":{"told":"ended","report":{"outcome":"Nothing"}}}""",
        "{\"a\\ud800\":1}",
        "{\"call\":\"\\ud800\"}",
        """{"pause":{"by":4}}""",
        """{"domain":"not a UUID"}""",
        """{"data":[{"Name":4}]}""",
        new string('[', 5000),
        "{\"call\":" + new string('9', 500) + "}",
    ];

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Every_kind_of_damage_is_one_exception_to_every_reader(string text)
    {
        foreach (var read in (Action<string>[])
        [
            json => ForeignJson.Read(json, WorkerJson.Default.Asked),
            json => ForeignJson.Read(json, WorkerJson.Default.Told),
            json => ForeignJson.Read(json, HandoverJson.Default.JournalEntry),
            json => ForeignJson.Read(Encoding.UTF8.GetBytes(json), HandoverJson.Default.JournalEntry),
        ])
        {
            var thrown = Assert.Throws<ForeignJsonException>(() => read(text));
            Assert.InRange(thrown.Message.Length, 1, ForeignBounds.SentenceChars);
        }

        Assert.Null(ForeignJson.TryRead(Encoding.UTF8.GetBytes(text), HandoverJson.Default.JournalEntry));
        Assert.Throws<StoreException>(() => QueueJson.ReadUpgrade(text, "A row"));
        _ = ForeignJson.TryRead(text, BusctlJson.Default.BusctlMachines);
    }

    [Fact]
    public void What_is_no_UTF_8_is_damage_too()
    {
        byte[] bytes = [.. "{\"step\":\""u8, 0xff, 0xfe, .. "\"}"u8];
        Assert.Throws<ForeignJsonException>(() => ForeignJson.Read(bytes, HandoverJson.Default.JournalEntry));
    }
}
