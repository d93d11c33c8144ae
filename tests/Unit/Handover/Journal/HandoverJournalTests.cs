using System.Text;
using System.Text.Json;
using CsCheck;
using VirtHandover.Contract;
using VirtHandover.Foreign;
using VirtHandover.Handover;
using VirtHandover.Handover.Journal;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Handover.Journal;

public sealed class HandoverJournalTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("journal").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_was_written_is_read_back_in_order()
    {
        byte[] content = Write();
        var entries = HandoverJournal.Parse(content);
        Assert.Collection(
            entries,
            e => Assert.Equal((7L, "web ü\n01"), (Assert.IsType<JournalEntry.Opened>(e).Request.Id, Assert.IsType<JournalEntry.Opened>(e).Name)),
            e => Assert.Equal(RamMethod.Shared, Assert.IsType<JournalEntry.TargetStarted>(e).Method),
            e => Assert.True(Assert.IsType<JournalEntry.Pausing>(e).WasRunning),
            e => Assert.IsType<JournalEntry.TargetRuns>(e));
    }

    [Fact]
    public void What_machined_knew_is_kept_and_its_absence_in_older_journals_is_read()
    {
        var machine = new MachineRegistration { Name = "qemu-1-a", Id = [1, 2], Service = "libvirt-qemu", Class = "vm", RootDirectory = "", Interfaces = [7], Leader = 4711 };
        byte[] now = JsonSerializer.SerializeToUtf8Bytes(Opened(7) with { Machine = machine }, HandoverJson.Default.JournalEntry);
        var read = Assert.IsType<JournalEntry.Opened>(ForeignJson.Read(now, HandoverJson.Default.JournalEntry)).Machine!;
        Assert.Equal(machine.Arguments(5), read.Arguments(5));
        string before = Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(Opened(7), HandoverJson.Default.JournalEntry)).Replace(",\"machine\":null", "", StringComparison.Ordinal);
        Assert.DoesNotContain("machine", before, StringComparison.Ordinal);
        Assert.Null(Assert.IsType<JournalEntry.Opened>(ForeignJson.Read(Encoding.UTF8.GetBytes(before), HandoverJson.Default.JournalEntry)).Machine);
    }

    [Fact]
    public void The_taps_queues_are_kept_and_a_tap_of_an_older_journal_has_none_to_attach()
    {
        var tap = new SavedTap(33, new TapDevice("vnet0", 12, 0x4f)) { Attached = [33, 34], Detached = [35] };
        JournalEntry entry = new JournalEntry.Pausing(true, [tap], []) { At = DateTimeOffset.UnixEpoch };
        var text = JsonSerializer.SerializeToUtf8Bytes(entry, HandoverJson.Default.JournalEntry);
        Assert.Equal([tap], Assert.IsType<JournalEntry.Pausing>(ForeignJson.Read(text, HandoverJson.Default.JournalEntry)).Taps);

        var older = """{"step":"pausing","wasRunning":true,"taps":[{"descriptor":33,"device":{"name":"vnet0","headerSize":12,"offloads":79}}],"discardObjects":[],"at":"2026-11-01T00:00:00+00:00"}"""u8;
        var read = Assert.Single(Assert.IsType<JournalEntry.Pausing>(ForeignJson.Read(older, HandoverJson.Default.JournalEntry)).Taps);
        Assert.Equal((tap.Descriptor, tap.Device), (read.Descriptor, read.Device));
        Assert.Empty(read.Attached.Concat(read.Detached));
    }

    [Fact]
    public void What_an_older_journal_lacks_is_empty_and_never_null()
    {
        var opened = """{"step":"opened","request":{"id":7,"domain":"00000000-0000-0000-0000-000000000000","rehearse":false,"copyLimit":"00:01:00"},"name":"a","boot":"b","source":{"processId":1,"startTime":2},"monitorPath":"/m","statusPath":"/s","at":"2026-11-01T00:00:00+00:00"}"""u8;
        var read = Assert.IsType<JournalEntry.Opened>(ForeignJson.Read(opened, HandoverJson.Default.JournalEntry));
        Assert.Equal((0, ""), (read.Together.Count, read.Request.Name));

        var closed = """{"step":"closed","report":{"id":7,"domain":"00000000-0000-0000-0000-000000000000","name":"a","outcome":"Done","sentence":"s","startedAt":"2026-11-01T00:00:00+00:00"},"at":"2026-11-01T00:00:00+00:00"}"""u8;
        var report = Assert.IsType<JournalEntry.Closed>(ForeignJson.Read(closed, HandoverJson.Default.JournalEntry)).Report;
        Assert.Equal(("", "", 0, 0, null), (report.MethodReason, report.By, report.Findings.Count, report.Phases.Count, report.FramesLost));
    }

    [Fact]
    public void A_journal_cut_at_any_byte_loads_as_a_beginning_of_itself()
    {
        byte[] content = Write();
        var whole = HandoverJournal.Parse(content);
        for (var length = 0; length <= content.Length; length++)
        {
            var part = HandoverJournal.Parse(content.AsSpan(0, length));
            Assert.True(part.Count <= whole.Count);
            Assert.Equal(whole.Take(part.Count).Select(e => e.GetType()), part.Select(e => e.GetType()));
        }
    }

    [Fact]
    public void A_changed_byte_never_yields_a_changed_entry()
    {
        byte[] content = Write();
        var whole = HandoverJournal.Parse(content);
        Gen.Select(Gen.Int[0, content.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            var copy = content.ToArray();
            copy[at] = value;
            var read = HandoverJournal.Parse(copy);
            Assert.Equal(whole.Take(read.Count).Select(e => e.At), read.Select(e => e.At));
        });
    }

    [Fact]
    public void A_journal_has_one_writer_at_a_time()
    {
        using (HandoverJournal.TryOpen(_directory, 7))
        {
            Assert.Null(HandoverJournal.TryOpen(_directory, 7));
            Assert.Empty(HandoverJournal.Read(HandoverJournal.FileName(_directory, 7)));
            using var other = HandoverJournal.TryOpen(_directory, 8);
            Assert.NotNull(other);
        }

        // A child that another test starts meanwhile has the file, and the lock with it, until its execve(2).
        HandoverJournal? again = null;
        Assert.True(SpinWait.SpinUntil(() => (again = HandoverJournal.TryOpen(_directory, 7)) is not null, TimeSpan.FromSeconds(20)));
        again!.Dispose();
    }

    [Fact]
    public void Random_bytes_are_an_empty_journal() =>
        Gen.Byte.Array[0, 400].Sample(bytes => Assert.Empty(HandoverJournal.Parse(bytes)));

    [Fact]
    public void The_oldest_that_have_ended_are_deleted_and_no_other()
    {
        foreach (long id in (long[])[1, 2, 3, 20, 100])
        {
            using var journal = HandoverJournal.TryOpen(_directory, id)!;
            journal.Write(Opened(id));
            if (id != 2)
                journal.Close(Report(id), DateTimeOffset.UnixEpoch);
        }

        File.WriteAllText(HandoverJournal.FileName(_directory, 4), "garbage");
        File.WriteAllText(Path.Combine(_directory, "0x.journal"), "not ours");
        HandoverJournal.Prune(_directory, 2);
        Assert.Equal(
            ["0x.journal", "100.journal", "2.journal", "20.journal", "4.journal"],
            Directory.EnumerateFiles(_directory).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private static JournalEntry.Opened Opened(long id) => new(
        new HandoverRequest(id, Guid.Empty, false, TimeSpan.FromMinutes(1)), "web ü\n01", "boot", new ProcessIdentity(4711, 815), "/m", "/s")
    { At = DateTimeOffset.UnixEpoch };

    private static HandoverReport Report(long id) =>
        new() { Id = id, Domain = Guid.Empty, Name = "web", Outcome = HandoverOutcome.Done, Sentence = "Done.", StartedAt = DateTimeOffset.UnixEpoch };

    private byte[] Write()
    {
        var at = DateTimeOffset.UnixEpoch;
        using (var journal = HandoverJournal.TryOpen(_directory, 7)!)
        {
            var process = new ProcessIdentity(4711, 815);
            journal.Write(Opened(7));
            journal.Write(new JournalEntry.TargetStarted(process, "/m.7", RamMethod.Shared) { At = at.AddSeconds(1) });
            journal.Write(new JournalEntry.Pausing(true, [], []) { At = at.AddSeconds(2) });
            journal.Write(new JournalEntry.TargetRuns { At = at.AddSeconds(3) });
        }

        return File.ReadAllBytes(HandoverJournal.FileName(_directory, 7));
    }
}
