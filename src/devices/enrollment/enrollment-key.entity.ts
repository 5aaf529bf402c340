import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What lets a device enroll: how often, until when, into which zone and group. The key itself is only hashed here. */
@Entity('enrollment_keys')
export class EnrollmentKeyEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('bytea', { name: 'key_hash' })
  keyHash: Buffer;

  @Column('text')
  zone: string;

  @Column('text', { name: 'group_name', nullable: true })
  group: string | null;

  @Column('text', { nullable: true })
  note: string | null;

  /** null: any number of devices. */
  @Column('integer', { name: 'max_uses', nullable: true })
  maxUses: number | null;

  @Column('integer')
  uses: number;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt: Date | null;
}
